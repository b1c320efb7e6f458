"""Law, offices and citizens."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import US_STATES
from demo_data.strings import city, code, company, country, date, one_of, person
from demo_data.values import choice, flag, integer, number, record, several, year

STATE = one_of(US_STATES)
AREAS = one_of(
    (
        "property",
        "labor",
        "family",
        "patent",
        "tax",
        "consumer",
        "privacy",
        "maritime",
        "copyright",
        "immigration",
    ),
    ("law",),
)

TOOLS = (
    tool(
        "courts|legal|justice",
        "find|search|query",
        "court_rulings|rulings|verdicts",
        "Search rulings of courts.|Find past rulings in an area of law.",
        [
            arg("area|field_of_law|legal_area", "Area of law", AREAS),
            arg("place|jurisdiction|state", "State whose courts count", STATE),
            opt("since|from_year|year_from", "Earliest year", year(1960, 2020)),
            opt(
                "keywords|terms|must_contain",
                "Words that must occur",
                several(
                    one_of(
                        (
                            "negligence",
                            "deposit",
                            "inheritance",
                            "overtime",
                            "trademark",
                            "custody",
                            "refund",
                            "trespass",
                            "warranty",
                        )
                    ),
                    1,
                    3,
                ),
            ),
            opt("limit|max_results|how_many", "Most rulings to list", integer(3, 60), 10),
        ],
        """
        Find rulings on {area} in {place}[ since {since}][ that mention {keywords}].
        Which {area} verdicts did courts in {place} give[ after {since}]?
        Search {place} courts for {area} rulings[, at most {limit}][, with the words {keywords}].
        I'm preparing a {area} trial in {place}. List[ {limit}] rulings[ from {since} on].
        Query rulings: {area}, {place}[, from {since}][, limit {limit}].
        """,
        """
        Find {area} rulings in {1.place} and in {2.place}[ since {since}].
        """,
    ),
    tool(
        "courts|lawsuits|docket",
        "get|look_up|open",
        "lawsuit_file|suit_details|docket_entry",
        "Details of a lawsuit.|Look up a lawsuit by its parties.",
        [
            arg("plaintiff|suing_party|claimant", "Party that sues", person),
            arg("defendant|sued_party|against", "Party that is sued", company),
            opt("docket|file_number|case_no", "Number of the file", code("99-AA-9999")),
            opt(
                "documents|include_documents|with_files",
                "Whether to include all documents",
                flag("with all documents", "without the documents"),
                False,
            ),
        ],
        """
        Look up the lawsuit of {plaintiff} against {defendant}[, file number {docket}][, {documents}].
        What is the state of {plaintiff} v. {defendant}[, docket {docket}]?
        {plaintiff} has sued {defendant}. Get me the file[ {documents}].
        Open the suit {plaintiff} versus {defendant}[ with number {docket}].
        I need details of the suit between {plaintiff} and {defendant}[, {documents}].
        """,
        """
        Look up the suits of {1.plaintiff} against {1.defendant} and of {2.plaintiff} against {2.defendant}.
        """,
    ),
    tool(
        "lawyers|legal|counsel",
        "find|hire|search",
        "legal_advisor|counselor|attorney_match",
        "Find a lawyer for a field.|Search legal advisors in a city.",
        [
            arg("field|specialty|expertise", "Field of the lawyer", AREAS),
            arg("city|town|location", "City of the office", city),
            opt("max_fee|fee_limit|hourly_fee", "Highest fee an hour in dollars", integer(80, 700, 10)),
            opt("years|min_years|experience", "Least years of experience", integer(2, 30)),
            opt(
                "free_talk|free_consultation|first_talk_free",
                "Whether the first talk must be free",
                flag("with a free first talk", ""),
            ),
        ],
        """
        Find a lawyer for {field} in {city}[ who asks at most ${max_fee} an hour][, {free_talk}].
        I need legal help with {field} in {city}[ from someone with {years} years of experience].
        Search {city} for {field} experts[, fee up to {max_fee} dollars][, at least {years} years of practice].
        Who practices {field} in {city}[ {free_talk}]?
        Find a {field} attorney near {city}[ with no less than {years} years of experience].
        """,
    ),
    tool(
        "forms|permits|city_hall",
        "apply|file|request",
        "building_permit|street_permit|city_permit",
        "Apply for a permit of the city.|File a request for a permit.",
        [
            arg(
                "applicant|requested_by|person",
                "Who applies",
                record(
                    arg("name|full_name", "Full name", person),
                    arg("phone|phone_number", "Phone number", code("555-9999")),
                ),
            ),
            arg(
                "permit|permit_type|kind",
                "Kind of permit",
                choice(
                    {
                        "construction|BUILD": "construction",
                        "parade|PARADE": "parade",
                        "food_stand|FOOD": "food stand",
                        "filming|FILM": "filming",
                    }
                ),
            ),
            arg("start|first_day|from_date", "First day", date(2025, 2026)),
            opt("days|n_days|valid_days", "Number of days", integer(2, 90), 1),
        ],
        """
        Apply for a {permit} permit from {start}[ for {days} days]; I'm {applicant.name}, phone {applicant.phone}.
        {applicant.name} ({applicant.phone}) requests a {permit} permit starting {start}[, {days} days].
        File a request for a {permit} permit. Name: {applicant.name}, phone: {applicant.phone}, first day: {start}.
        For {applicant.name}, phone number {applicant.phone}, request a {permit} permit as of {start}[, {days} days].
        Get a {permit} permit for {applicant.name}, reachable at {applicant.phone}, as of {start}[, lasting {days} days].
        """,
    ),
    tool(
        "fines|traffic_law|penalties",
        "compute|look_up|get",
        "speeding_fine|speed_penalty|driving_fine",
        "Fine for driving too fast.|Penalty by speed and place.",
        [
            arg("driven|speed|measured_speed", "Measured speed in km/h", integer(45, 210)),
            arg("allowed|speed_limit|limit", "Allowed speed in km/h", integer(30, 130, 10)),
            opt("country|in_country|where", "Country", country),
            opt(
                "repeat|second_time|repeated",
                "Whether it is not the first time",
                flag("as a repeated offense", "as a first offense"),
                False,
            ),
        ],
        """
        What is the fine for driving {driven} where {allowed} is allowed[ in {country}][, {repeat}]?
        I was caught at {driven} km/h in a {allowed} zone[ in {country}]. What will it cost me?
        Look up the penalty: measured {driven} km/h, limit {allowed} km/h[, {country}][, {repeat}].
        Compute the fine for {driven} km/h with a limit of {allowed}[ {repeat}].
        How high is the penalty[ in {country}] for going {driven} km/h instead of {allowed}?
        """,
        """
        What is the fine in a {allowed} zone for driving {1.driven} and for driving {2.driven} km/h?
        """,
    ),
    tool(
        "contracts|legal|documents",
        "draw_up|draft|write",
        "lease_contract|contract_draft|agreement_text",
        "Draft a contract between two parties.|Write an agreement.",
        [
            arg("parties|signers|between", "Names of the parties", several(person, 2, 3)),
            arg(
                "subject|contract_type|about",
                "Subject of the contract",
                choice(
                    {
                        "rent|lease": "rent",
                        "sale|purchase": "sale",
                        "work|employment": "work",
                        "loan|lending": "loan",
                    }
                ),
            ),
            arg("start|effective_date|valid_from", "First day", date(2025, 2026)),
            opt("amount|sum|payment", "Sum in dollars", number(200, 90000, 2)),
            opt("law_of|governing_state|state", "State whose law applies", STATE),
        ],
        """
        Draft a {subject} contract between {parties} from {start}[ over ${amount}][ under the law of {law_of}].
        {parties} need a {subject} agreement that starts on {start}[, sum {amount} dollars].
        Write a {subject} contract for {parties}, effective {start}[, following {law_of} law].
        I need a {subject} contract for {parties} that begins on {start}[, amount ${amount}].
        Draw up a contract about {subject}: parties {parties}, first day {start}[, ${amount}].
        """,
    ),
)
