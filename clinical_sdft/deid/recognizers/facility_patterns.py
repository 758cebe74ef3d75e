"""The patterns that `facility.py` finds names of places of care and work by."""

KINDS = (
    r"Med(?:\.|ical)? (?:C(?:en)?te?r\b\.?|Grp\b\.?)|Health C(?:en)?te?r\b\.?|Rehab C(?:en)?te?r\b\.?|Hospitals?|Hosp"
    r"|(?:Family |Community |Urgent )?Clinics?|Medical (?:Center|Centre|Group|College|Associates)"
    r"|(?:Health|Cancer|Heart|Surgery|Surgical|Trauma|Wellness|Care|Dialysis|Rehab(?:ilitation)?|Imaging|Eye"
    r"|Pain|Birth|Nursing"
    r"|Counseling|Recovery|Treatment|Hospice|Dental|Spine|Sleep|Endoscopy|Infusion|Senior|Day)"
    r" (?:Center|Centre|System|Institute|Clinic|Services?|Partners|Network|Associates|Hospital|Group|Home|Specialists)"
    r"|(?:Dermatology|Cardiology|Orthop(?:a)?edics?|Neurology|Pediatrics?|Oncology|Urology|Radiology"
    r"|Gastroenterology|Psychiatry"
    r"|Ophthalmology|Gyn(?:a)?ecology|Obstetrics|Rheumatology|Nephrology|Pulmonology|Endocrinology|Allergy"
    r"|Anesthesia|Internal Medicine"
    r"|Family Medicine|Family Practice|Primary Care|Physical Therapy) (?:Associates|Group|Partners|Specialists"
    r"|Clinic|Center|Consultants)"
    r"|Family (?:Practice|Medicine|Health)|(?:Behavioral |Mental |Home |Public )?Health|Healthcare|HealthCare"
    r"|Health Care|Dialysis"
    r"|Rehabilitation|Rehab|Infirmary|Hospice|Nursing (?:Home|Facility)|Care Home|Assisted Living|Facility"
    r"|Memorial|Sanatorium"
    r"|Pharmacy|Drugs?tore|Urgent Care|Institute|University|College|(?:High |Middle |Primary |Elementary "
    r"|Grammar |Nursing |Medical |Charter )?School|Academy|Elementary|Church|Center"
    r"|Centre|Practice|Office"
    r"|Laboratories|Labs|Inc|LLC|Ltd|Corp(?:oration)?|Company|Orthop(?:a)?edics?|Dermatology|Pediatrics"
    r"|Physicians|Specialists"
    r"|Brewing(?: Company)?|Brewery|Textiles|Manufacturing|Foods|Motors|Airlines|Construction|Trucking|Shipping"
    r"|Mills|Steel|Hotel|Pavilion|Memory Care|Apothecary|VAMC|Eye Physicians|Pain Specialists|Walk-In"
    r"|Manor|Lodge|Retirement Community|Home Care|Rheumatology|Endocrinology|Pathology|Pulmonary|OB/GYN|ENT"
    r"|Sports Medicine|Visiting Nurses|Eye Care"
    r"|Health Department|(?:Adult )?Foster Home|Genetics|MRI|IHS|Hospital District|Therapy|Counseling|Dentistry"
    r"|Oral Surgery|Surgeons|Detox|Family Home|Birth Center"
    r"|(?:Hospice|Recovery|Halfway|Group|Safe|Sober) House|Sober Living|Ambulance|Fire (?:Dept|Department|District"
    r"|Rescue)|Police (?:Dept|Department)|Sheriff's Office|Orthodontics|Endodontics|Periodontics|Audiology|Optometry"
    r"|Chiropractic|Acupuncture|Midwifery|Prosthetics|Orthotics|Medical Supply|Fertility|Gastroenterology"
    r"|Cardiology|Urology|Oncology|Nephrology|Podiatry"
    r"|Correctional (?:Facility|Center|Institution)|Job Corps|Air Force Base|Naval (?:Base|Station)"
)
KIND = rf"(?:{KINDS}|{KINDS.upper()}|[Cc]linic|[Ff]acility|[Oo]ffice)"
NO_NAME = (
    r"(?!(?:BY|AT|TO|FROM|WITH|IN|ON|WAS|IS|ARE|WERE|HAS|HAD|WHO|THAT|THIS|HER|HIS|YOUR|OUR(?! LADY)"
    r"|AS|AN|OR|SEEN|PATIENT|RETURN|THE USUAL"
    r"|UNDERWENT|By|At|To|From|With|In|On|Was|Is|Return)\b)"
)
"""In a line of capitals these words stand before a name and not in it."""
NAME = (
    r"(?:(?!(?:BY|AT|TO|FROM|WITH|IN|ON|WAS|IS|ARE|WERE|HAS|HAD|WHO|THAT|THIS|HER|HIS|YOUR"
    r"|OUR(?! LADY)|AS|AN|OR)\b)\p{Lu}[\p{L}\p{M}'&-]*|OF|THE|AND|FOR|St\.|Mt\.|Ft\.|&|of|the|and|for)"
)
AT = (
    r"\b(?:seen|treated|admitted|admission|present(?:ed|ing|s)|evaluated|reviewed|visit(?:ed)?|followed|referred|care"
    r"|surgery|transferred|discharged|hospitali[sz]ed|operated|performed|diagnosed|scheduled|consult(?:ation)?|records"
    r"|appointment|works|employed|check-?up)(?: \p{Ll}+){0,2} (?:at|to|from|in|by) (?:the |our )?"
)
PHRASE = r"(?P<id>(?-i:\p{Lu}[\p{L}'.-]+)(?: (?:&|of|and|(?-i:\p{Lu}[\p{L}'-]+))){0,5}(?<! of| and| &))"
BUSINESS = (
    r"(?:(?i:Inc|Incorporated|LLC|Ltd|Limited|Corp|Corporation|Co|Company|PLC|GmbH|LLP|PLLC|S\.?A)\b\.?|Group"
    r"|Technologies|Systems"
    r"|Solutions|Services|Agency|Associates|Partners|Insurance|International|Networks?|Consulting|Foundation"
    r"|Industries|Holdings"
    r"|Bank|Enterprises|Logistics|Unlimited|Consultants|Analytics|Software|Club|Hotel|Motel|Inn|Restaurant|Café"
    r"|Cafe|Market"
    r"|Supermarket|Store|Stores|Mall|Plaza|Towers?|Apartments|Estates|Farms?|Ranch|Library|Museum|Stadium"
    r"|Airport|Station|Prison|Jail"
    r"|Penitentiary|Barracks|Base|Parish|Cathedral|Synagogue|Mosque|Temple|Daycare|Preschool|Kindergarten"
    r"|Seminary|District)"
)
OFFICE = (
    r"\b(?:(?:self-)?employed (?:by|at|with)|employed as an? [\p{Ll} -]{3,30} (?:at|by|for|with)"
    r"|(?:works?|worked|working|job)(?: as an? [\p{Ll} -]{3,30})? (?:for|at|with)|employer(?: is| was|:| -|,)?"
    r"|retired from|laid off (?:from|by)|fired (?:from|by)|on leave from|hired by|volunteers? (?:at|for|with)"
    r"|(?:teaches|taught|teacher|teaching|student|studies|studying|senior|junior|freshman|sophomore|nurse|manager"
    r"|owner|driver|clerk|cook|guard|janitor|professor|coach|pastor|enrolled|attends|attending school)(?: at| for| of)"
    r"|attends|graduated from|contract(?:or|ed)? (?:for|with|by)|note (?:for|to)|injured at|workplace:?|occupation:?)"
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
    r"|Medical"
    r"|Psychiatric|Nursing (?:and|&) Rehab(?:ilitation)?|Orthopa?edics|Ortho|Hospitalists|Homecare"
    r"|Home Care|Home Health"
    r"|Health Services?|Walk-In(?: Clinic)?|ER|VA|VAMC|Pediatrics|Neurology|Dental|Optical|Vision"
    r"|Eye|Women's Health|Wound Care"
    r"|Recovery|Supply|Ambulance|EMS|Care)"
)
"""Words that end a facility's name, and many a phrase that is none."""
SURE_CUE = r"\b(?:(?<!pain )at|from|(?:prior )?study|rx to|seen by|sender:|release:|offered at)(?: the)?[ \n]$"
SMALL_CUE = (
    r"\b(?:at|from|to|by|of|via|study|pharmacy:|clinic:|office:|release:|sender:|site:"
    r"|facility:)(?: the)?[ \n]$|[,;][ \n]$"
)
SMALL_KIND = (
    r"(?:county |memorial |community |general |regional )?(?:hospital|medical center|clinic|nursing home|women's health"
    r"|rehab|hospice|drugs|pharmacy|assisted living|surgery center|urgent care|health center|institute|imaging|er"
    r"|orthopedics|pediatrics|oncology|home health|home care|radiology|general|regional|vamc|va|memory care"
    r"|family medicine"
    r"|(?:care|cancer|birth|eye|pain|sleep|treatment|recovery|rehab) center|counseling|genetics|mri"
    r"|(?:adult )?foster home"
    r"|family home|allergy|therapy|dentistry|oral surgery|surgical associates|ihs|home care|sober living|detox"
    r"|family practice|internal medicine|cardiology|surgical|specialists|pain specialists|eye physicians"
    r"|associates|labs"
    r"|diagnostics|physical therapy|dialysis|health|medical group|wellness|infirmary|pavilion)"
    r"(?: of (?:the )?\p{Lu}[\p{L}'-]+)?"
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
