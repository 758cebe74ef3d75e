"""One recognizer, one file; the list in the order in which they are registered."""

from typing import Any

from clinical_sdft.deid.policy import DeidPolicy


def all_recognizers(policy: DeidPolicy) -> list[Any]:
    """Return a fresh instance of each recognizer that needs no record to look for."""
    from clinical_sdft.deid.recognizers import (
        account,
        address_block,
        age_over_89,
        biometric,
        date,
        device_serial,
        email,
        facility,
        facility_label,
        health_plan,
        honorific_name,
        label_name,
        licence_certificate,
        licence_plate_vehicle,
        mrn,
        name_list,
        other_id,
        other_script,
        phone_fax,
        place_list,
        role_name,
        sign_off,
        ssn,
        url_ip,
        zip_address,
    )

    plain = (
        mrn, health_plan, account, ssn, phone_fax, email, url_ip, licence_plate_vehicle, device_serial,
        licence_certificate, zip_address, facility, facility_label, honorific_name, label_name, other_id, other_script,
        name_list, place_list, address_block, biometric, role_name, sign_off,
    )  # fmt: skip
    return [*(module.recognizer() for module in plain), date.DateRecognizer(), age_over_89.recognizer(policy)]
