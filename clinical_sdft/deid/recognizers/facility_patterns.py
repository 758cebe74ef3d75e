"""The patterns that `facility.py` finds names of places of care and work by."""

KINDS = (
    r"Med(?:\.|ical)? (?:C(?:en)?te?r\b\.?|Grp\b\.?)|Health C(?:en)?te?r\b\.?|Rehab C(?:en)?te?r\b\.?|Hospitals?|Hosp"
    r"|(?:Family |Community |Urgent )?Clinics?|Medical (?:Center|Centre|Group|College|Associates)|(?:Health|Cancer"
    r"|Heart|Surgery|Surgical|Trauma|Wellness|Care|Dialysis|Rehab(?:ilitation)?|Imaging|Eye|Pain|Birth|Nursing"
    r"|Counseling|Recovery|Treatment|Hospice|Dental|Spine|Sleep|Endoscopy|Infusion|Senior|Day) (?:Center|Centre"
    r"|System|Institute|Clinic|Services?|Partners|Network|Associates|Hospital|Group|Home|Specialists)|(?:Dermatology"
    r"|Cardiology|Orthop(?:a)?edics?|Neurology|Pediatrics?|Oncology|Urology|Radiology|Gastroenterology|Psychiatry"
    r"|Ophthalmology|Gyn(?:a)?ecology|Obstetrics|Rheumatology|Nephrology|Pulmonology|Endocrinology|Allergy|Anesthesia"
    r"|Internal Medicine|Family Medicine|Family Practice|Primary Care|Physical Therapy) (?:Associates|Group|Partners"
    r"|Specialists|Clinic|Center|Consultants)|Family (?:Practice|Medicine|Health)|(?:Behavioral |Mental |Home "
    r"|Public )?Health|Healthcare|HealthCare|Health Care|Dialysis|Rehabilitation|Rehab|Infirmary|Hospice"
    r"|Nursing (?:Home|Facility)|Care Home|Assisted Living|Facility|Memorial|Sanatorium|Pharmacy|Drugs?tore"
    r"|Urgent Care|Institute|University|College|(?:High |Middle |Primary |Elementary |Grammar |Nursing |Medical "
    r"|Charter )?School|Academy|Elementary|Church|Center|Centre|Practice|Office|Laboratories|Labs|Inc|LLC|Ltd"
    r"|Corp(?:oration)?|Company|Orthop(?:a)?edics?|Dermatology|Pediatrics|Physicians|Specialists|Brewing(?: Company)?"
    r"|Brewery|Textiles|Manufacturing|Foods|Motors|Airlines|Construction|Trucking|Shipping|Mills|Steel|Hotel|Pavilion"
    r"|Memory Care|Apothecary|VAMC|Eye Physicians|Pain Specialists|Walk-In|Manor|Lodge|Retirement Community|Home Care"
    r"|Rheumatology|Endocrinology|Pathology|Pulmonary|OB/GYN|ENT|Sports Medicine|Visiting Nurses|Eye Care"
    r"|Health Department|(?:Adult )?Foster Home|Genetics|MRI|IHS|Hospital District|Therapy|Counseling|Dentistry"
    r"|Oral Surgery|Surgeons|Detox|Family Home|Birth Center|(?:Hospice|Recovery|Halfway|Group|Safe|Sober) House"
    r"|Sober Living|Ambulance|Fire (?:Dept|Department|District|Rescue)|Police (?:Dept|Department)|Sheriff's Office"
    r"|Orthodontics|Endodontics|Periodontics|Audiology|Optometry|Chiropractic|Acupuncture|Midwifery|Prosthetics"
    r"|Orthotics|Medical Supply|Fertility|Gastroenterology|Cardiology|Urology|Oncology|Nephrology|Podiatry"
    r"|Correctional (?:Facility|Center|Institution)|Job Corps|Air Force Base|Naval (?:Base|Station)"
)
KIND = rf"(?:{KINDS}|{KINDS.upper()}|[Cc]linic|[Ff]acility|[Oo]ffice)"
NO_NAME = (
    r"(?!(?:BY|AT|TO|FROM|WITH|IN|ON|WAS|IS|ARE|WERE|HAS|HAD|WHO|THAT|THIS|HER|HIS|YOUR|OUR(?! LADY)|AS|AN|OR|SEEN"
    r"|PATIENT|RETURN|THE USUAL|UNDERWENT|By|At|To|From|With|In|On|Was|Is|Return)\b)"
)
"""In a line of capitals these words stand before a name and not in it."""
NAME = (
    r"(?:(?!(?:BY|AT|TO|FROM|WITH|IN|ON|WAS|IS|ARE|WERE|HAS|HAD|WHO|THAT|THIS|HER|HIS|YOUR"
    r"|OUR(?! LADY)|AS|AN|OR)\b)\p{Lu}[\p{L}\p{M}'&-]*|OF|THE|AND|FOR|St\.|Mt\.|Ft\.|&|of|the|and|for)"
)
AT = (
    r"\b(?:seen|treated|admitted|admission|present(?:ed|ing|s)|evaluated|reviewed|visit(?:ed)?|followed|referred|care"
    r"|surgery|transferred|discharged|hospitali[sz]ed|operated|performed|diagnosed|scheduled|consult(?:ation)?"
    r"|records|appointment|works|employed|check-?up)(?: \p{Ll}+){0,2} (?:at|to|from|in|by) (?:the |our )?"
)
PHRASE = r"(?P<id>(?-i:\p{Lu}[\p{L}'.-]+)(?: (?:&|of|and|(?-i:\p{Lu}[\p{L}'-]+))){0,5}(?<! of| and| &))"
BUSINESS = (
    r"(?:(?i:Inc|Incorporated|LLC|Ltd|Limited|Corp|Corporation|Co|Company|PLC|GmbH|LLP|PLLC|S\.?A)\b\.?|Group"
    r"|Technologies|Systems|Solutions|Services|Agency|Associates|Partners|Insurance|International|Networks?"
    r"|Consulting|Foundation|Industries|Holdings|Bank|Enterprises|Logistics|Unlimited|Consultants|Analytics|Software"
    r"|Club|Hotel|Motel|Inn|Restaurant|Café|Cafe|Market|Supermarket|Store|Stores|Mall|Plaza|Towers?|Apartments"
    r"|Estates|Farms?|Ranch|Library|Museum|Stadium|Airport|Station|Prison|Jail|Penitentiary|Barracks|Base|Parish"
    r"|Cathedral|Synagogue|Mosque|Temple|Daycare|Preschool|Kindergarten|Seminary|District)"
)
OFFICE = (
    r"\b(?:(?:self-)?employed (?:by|at|with)|employed as an? [\p{Ll} -]{3,30} (?:at|by|for|with)|(?:works?|worked"
    r"|working|job)(?: as an? [\p{Ll} -]{3,30})? (?:for|at|with)|employer(?: is| was|:| -|,)?|retired from"
    r"|laid off (?:from|by)|fired (?:from|by)|on leave from|hired by|volunteers? (?:at|for|with)|(?:teaches|taught"
    r"|teacher|teaching|student|studies|studying|senior|junior|freshman|sophomore|nurse|manager|owner|driver|clerk"
    r"|cook|guard|janitor|professor|coach|pastor|enrolled|attends|attending school)(?: at| for| of)|attends"
    r"|graduated from|contract(?:or|ed)? (?:for|with|by)|note (?:for|to)|injured at|workplace:?|occupation:?)"
)
WORK_WORD = r"(?-i:\p{Lu}[\p{L}\p{M}'&-]*(?:(?<=\b\p{L}{1,3})\.)?)"
WORK_ENDS = (
    r"(?!(?:as|in|since|for|with|by|on|from|at|until|who|where|x|lives|is|has|was"
    r"|and (?:lives|is|has|was|drinks|smokes|denies))\b)"
)
PHRASE_OF_WORK = rf"(?P<id>{WORK_WORD}(?: {WORK_ENDS}(?:&|of|and|the|{WORK_WORD})){{0,5}}(?<! of| and| &| the))"
FIRM = r"(?:\p{Lu}[\p{L}'-]+, ){1,2}\p{Lu}[\p{L}'-]+,? and \p{Lu}[\p{L}'-]+"
CAPITALS = (
    r"(?P<id>(?-i:\p{Lu}[\p{L}\p{M}\d'&.-]*)(?:[ \n](?:(?:&|of|and"
    r"|the) )?(?-i:\p{Lu}[\p{L}\p{M}'&-]*)){0,4})(?![\p{L}\d])"
)
LOOSE_KIND = (
    r"(?:Imaging|Regional|General|Surgical|Surgicenter|Diagnostics|Oncology|Radiology|Vascular|Cardiology|Wellness"
    r"|Medical|Psychiatric|Nursing (?:and|&) Rehab(?:ilitation)?|Orthopa?edics|Ortho|Hospitalists|Homecare|Home Care"
    r"|Home Health|Health Services?|Walk-In(?: Clinic)?|ER|VA|VAMC|Pediatrics|Neurology|Dental|Optical|Vision|Eye"
    r"|Women's Health|Wound Care|Recovery|Supply|Ambulance|EMS|Care)"
)
"""Words that end a facility's name, and many a phrase that is none."""
SURE_CUE = r"\b(?:(?<!pain )at|from|(?:prior )?study|rx to|seen by|sender:|release:|offered at)(?: the)?[ \n]$"
SMALL_CUE = (
    r"\b(?:at|from|to|by|of|via|study|pharmacy:|clinic:|office:|release:|sender:|site:"
    r"|facility:)(?: the)?[ \n]$|[,;][ \n]$"
)
SMALL_KIND = (
    r"(?:county |memorial |community |general |regional )?(?:hospital|medical center|clinic|nursing home"
    r"|women's health|rehab|hospice|drugs|pharmacy|assisted living|surgery center|urgent care|health center|institute"
    r"|imaging|er|orthopedics|pediatrics|oncology|home health|home care|radiology|general|regional|vamc|va"
    r"|memory care|family medicine|(?:care|cancer|birth|eye|pain|sleep|treatment|recovery|rehab) center|counseling"
    r"|genetics|mri|(?:adult )?foster home|family home|allergy|therapy|dentistry|oral surgery|surgical associates|ihs"
    r"|home care|sober living|detox|family practice|internal medicine|cardiology|surgical|specialists"
    r"|pain specialists|eye physicians|associates|labs|diagnostics|physical therapy|dialysis|health|medical group"
    r"|wellness|infirmary|pavilion)(?: of (?:the )?\p{Lu}[\p{L}'-]+)?"
)
AT_BEFORE = r"(?:\b(?:at|from|to|by|with|of|in|via|through)(?: the)? |[,;|(:>] ?)$"
SENT = (
    r"(?i:prior study|rx to|meds from|records (?:release:?|from|to)|chair at|specialist at|placement at"
    r"|transferred (?:from|to)|prescriptions? (?:sent )?to|last visit (?:at|to)|chart from|office of)"
)
HOUSE = (
    r"(?i:lodge|inn|residences?|village|manor|terraces?|gardens|courtyard|villas?|cottages?|oaks|pines|landing|pointe"
    r"|commons|arbors?|meadows|suites|springs|heights|preserve)"
)
DRUGSTORE = r"Drugs|Drug Store|Apothecary|Pharmacy|Chemists?"
TWO_SENTENCES = r"(?-i:(?<!\b(?:St|Mt|Ft|ST|MT|FT|Co|Inc))(?<=\p{L}{2})\.[ \n]|\d ?\p{L}\. )"
