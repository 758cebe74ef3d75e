"""Who may do what. The doors ask the same table, so that a page and a command never differ."""

from typing import Literal

from sqlalchemy import Connection

from data_contracts import Person, PersonRole
from governance.approvals import people
from governance.approvals.errors import RoleError

Act = Literal[
    "accept demonstrations",
    "add people",
    "delete what is past its time",
    "link an identity",
    "order guidelines",
    "promote",
    "re-identify a record",
    "request an update",
    "reset a second factor",
    "resolve quarantine",
    "retire a suite",
    "retire a version",
    "roll back",
    "set or release a hold",
    "settle a conflict",
    "sign",
]

ALLOWED: dict[Act, tuple[PersonRole, ...]] = {
    "accept demonstrations": (PersonRole.CLINICIAN,),
    "add people": (PersonRole.ADMINISTRATOR,),
    "delete what is past its time": (PersonRole.COMPLIANCE,),
    "link an identity": (PersonRole.ADMINISTRATOR,),
    "order guidelines": (PersonRole.CLINICIAN, PersonRole.APPROVER),
    "promote": (PersonRole.APPROVER, PersonRole.ADMINISTRATOR),
    "re-identify a record": (PersonRole.COMPLIANCE,),
    "request an update": (PersonRole.REQUESTER, PersonRole.ADMINISTRATOR),
    "reset a second factor": (PersonRole.ADMINISTRATOR,),
    "resolve quarantine": (PersonRole.CLINICIAN, PersonRole.COMPLIANCE),
    "retire a suite": (PersonRole.APPROVER, PersonRole.ADMINISTRATOR),
    "retire a version": (PersonRole.APPROVER, PersonRole.ADMINISTRATOR),
    "roll back": (PersonRole.APPROVER, PersonRole.ADMINISTRATOR),
    "set or release a hold": (PersonRole.COMPLIANCE,),
    "settle a conflict": (PersonRole.APPROVER,),  # judges answers as who signs, and changes suites as who retires them
    "sign": (PersonRole.CLINICIAN, PersonRole.APPROVER),
}


def may(person: Person, act: Act) -> bool:
    """Say whether one of a person's roles allows an act."""
    return bool(set(person.roles) & set(ALLOWED[act]))


def require(connection: Connection, username: str, act: Act) -> Person:
    """Return the person who acts.

    Raises:
        RoleError: nobody has that name here, or no role of the person allows this.
    """
    account = people.find(connection, username)
    if account is None:
        raise RoleError(f"{username}: no such person here; act as one who may {act}")
    if not may(account.person, act):
        wanted = " or ".join(role.value for role in ALLOWED[act])
        raise RoleError(f"{account.person.username} may not {act}; ask somebody whose role is {wanted}")
    return account.person


def require_administrator(connection: Connection, username: str) -> None:
    """Check who adds people: anybody the first ones, an administrator all after the first administrator.

    Raises:
        RoleError: there is an administrator, and this is none.
    """
    if any(PersonRole.ADMINISTRATOR in person.roles for person in people.everyone(connection)):
        require(connection, username, "add people")
