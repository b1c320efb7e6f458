"""Jobs, staff and housing."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.strings import city, company, date, one_of, person
from demo_data.values import choice, flag, integer, number, percent, record, several

JOBS = one_of(
    ("junior", "senior", "assistant", "lead"),
    (
        "accountant",
        "architect",
        "baker",
        "carpenter",
        "chemist",
        "cook",
        "data analyst",
        "designer",
        "editor",
        "electrician",
        "gardener",
        "mechanic",
        "nurse",
        "plumber",
        "teacher",
        "translator",
        "welder",
    ),
)
SKILLS = one_of(
    (
        "Excel",
        "German",
        "Python",
        "SQL",
        "accounting",
        "bookkeeping",
        "driving",
        "first aid",
        "negotiation",
        "photography",
        "sewing",
        "teaching",
        "welding",
        "writing",
    )
)

TOOLS = (
    tool(
        "jobs|careers|hiring",
        "search|find|list",
        "open_positions|vacancies|job_offers",
        "Open positions in a city.|Search vacancies by job and place.",
        [
            arg("job|position|job_title", "Job to look for", JOBS),
            arg("city|town|work_city", "City of the work place", city),
            opt(
                "min_pay|least_salary|salary_from",
                "Lowest salary a year in dollars",
                integer(20000, 160000, 1000),
            ),
            opt(
                "remote|from_home|home_office",
                "Whether to work from home",
                flag("working from home", "working on site"),
            ),
            opt("skills|requirements|abilities", "Skills that the job asks for", several(SKILLS, 1, 3)),
        ],
        """
        Which positions for a {job} are open in {city}[ from ${min_pay} a year][, {remote}]?
        I'm a {job} with skills in {skills}. What jobs are there in {city}?
        Search vacancies for a {job} in {city}[, {remote}][, at least {min_pay} dollars].
        Find work as a {job} near {city}[ that needs {skills}].
        List {job} jobs in {city}[ paying no less than ${min_pay}].
        """,
        """
        Find jobs for a {1.job} in {1.city} and for a {2.job} in {2.city}.
        """,
    ),
    tool(
        "staff|hr|personnel",
        "add|register|hire",
        "employee_record|staff_member|new_colleague",
        "Register a new employee.|Add somebody to the staff list.",
        [
            arg("name|employee|full_name", "Full name", person),
            arg("job|role|position", "Job in the firm", JOBS),
            arg("start|first_day|joins_on", "First day of work", date(2025, 2027)),
            opt("pay|salary|yearly_pay", "Salary a year in dollars", integer(24000, 210000, 500)),
            opt("full_time|is_full_time", "Whether it is a full-time job", flag("full-time", "part-time")),
        ],
        """
        Register {name} as a {job} from {start}[, {full_time}][, for ${pay} a year].
        {name} joins us on {start} as {job}[ with a salary of {pay} dollars].
        Add a new colleague: {name}, {job}, first day {start}[, {full_time}].
        We hired {name}, who starts on {start} as our {job}[ ({full_time})].
        Put {name} on the staff list as a {job}, starting {start}[, salary {pay}].
        """,
        """
        Register {1.name} as a {1.job} and {2.name} as a {2.job}, both from {start}.
        """,
    ),
    tool(
        "leave|hr|absence",
        "request|enter|file",
        "days_off|vacation_days|leave_request",
        "Ask for days off work.|Enter the vacation of an employee.",
        [
            arg("employee|worker|name", "Name of the employee", person),
            arg("first|from_date|starts_on", "First day off", date(2025, 2026)),
            arg("days|n_days|length", "Number of days", integer(2, 30)),
            opt(
                "kind|leave_type|reason",
                "Kind of leave",
                choice(
                    {
                        "vacation|VACATION": "vacation",
                        "sick|SICK": "sick leave",
                        "parental|PARENTAL": "parental leave",
                        "unpaid|UNPAID": "unpaid leave",
                    }
                ),
                "vacation",
            ),
            opt("stand_in|substitute|replaced_by", "Name of the person who fills in", person),
        ],
        """
        {employee} would like {days} days off from {first}[ as {kind}][; {stand_in} fills in].
        Enter {days} days of leave for {employee}, starting {first}[, {kind}].
        Request {days} days off for {employee} as of {first}[, type {kind}][, replaced by {stand_in}].
        I'm {employee} and need {days} days free beginning on {first}[. It is {kind}].
        From {first} on, {employee} is away for {days} days[ ({kind})].
        """,
    ),
    tool(
        "homes|housing|realty",
        "search|find|browse",
        "flats|apartments|dwellings",
        "Homes for rent or sale.|Search flats by city, rooms and price.",
        [
            arg("city|town|area", "City of the home", city),
            arg("rooms|room_count|n_rooms", "Number of rooms", integer(2, 8)),
            opt("max_price|rent_limit|budget", "Highest price in dollars", integer(500, 900000, 50)),
            opt(
                "offer|deal|contract",
                "Whether to rent or buy",
                choice({"rent|RENT": "rent", "buy|BUY": "buy"}),
            ),
            opt(
                "features|wishes|must_have",
                "Things the home must have",
                several(
                    one_of(
                        (
                            "balcony",
                            "garden",
                            "garage",
                            "elevator",
                            "fireplace",
                            "pool",
                            "terrace",
                            "washing machine",
                            "sea view",
                        )
                    ),
                    1,
                    3,
                ),
            ),
        ],
        """
        Find a home with {rooms} rooms in {city}[ to {offer}][ for at most ${max_price}].
        I'm moving to {city} and need {rooms} rooms[, with {features}][, up to {max_price} dollars].
        Which {rooms}-room flats are there in {city}[ with {features}]?
        Search {city} for a place with {rooms} rooms[ that I can {offer}][, features: {features}].
        We are looking for {rooms} rooms in {city}[, maximum price ${max_price}].
        """,
        """
        Find homes with {rooms} rooms in {1.city} and in {2.city}[ to {offer}].
        """,
    ),
    tool(
        "construction|building|materials",
        "estimate|compute|work_out",
        "wall_paint|paint_needed|paint_cans",
        "Paint needed for a room.|Liters of paint for the walls.",
        [
            arg(
                "size|room_size|room",
                "Size of the room in meters",
                record(
                    arg("length|long", "Length", number(2, 12)),
                    arg("width|wide", "Width", number(2, 9)),
                    arg("height|high", "Height", number(2, 5)),
                ),
            ),
            arg("coats|layers|n_coats", "Number of coats", integer(2, 4)),
            opt("waste|spare|extra", "Share added for waste", percent(3, 20, 0), 10),
            opt(
                "ceiling|with_ceiling|paint_ceiling",
                "Whether to paint the ceiling",
                flag("including the ceiling", "without the ceiling"),
                False,
            ),
        ],
        """
        How much paint do {coats} coats need in a room {size.length} m long, {size.width} m wide and {size.height} m high[, {ceiling}]?
        Work out the paint for a {size.length} by {size.width} meter room of height {size.height}, {coats} coats[, {waste} waste].
        My room is {size.length} m x {size.width} m and {size.height} m high. I want {coats} coats[ {ceiling}]. How much paint is that?
        For a room of {size.length} x {size.width} x {size.height} meters, how much paint do {coats} coats take[ {ceiling}]?
        Estimate paint: length {size.length}, width {size.width}, height {size.height}, coats {coats}[, {ceiling}].
        """,
    ),
    tool(
        "suppliers|business|purchasing",
        "rate|review|score",
        "supplier_review|vendor_score|supplier_rating",
        "Rate a supplier.|Write a review of a firm that delivers to us.",
        [
            arg("supplier|vendor|firm", "Name of the supplier", company),
            arg("stars|points|score", "Stars, half stars allowed", number(0.5, 5)),
            opt(
                "on_time|punctual|was_on_time",
                "Whether it delivered on time",
                flag("they were on time", "they were late"),
            ),
            opt(
                "praise|good_points|strengths",
                "What was good",
                several(one_of(("price", "quality", "speed", "service", "packaging", "advice")), 1, 3),
            ),
        ],
        """
        Give {supplier} {stars} stars[; {on_time}][, good points: {praise}].
        Rate the supplier {supplier} with {stars} stars[ and praise the {praise}].
        We bought from {supplier} and would give {stars} stars[; {on_time}].
        Review {supplier}: {stars} stars[, strengths {praise}].
        Score {supplier} at {stars}[, since {on_time}].
        """,
        """
        Rate {1.supplier} with {1.stars} stars and {2.supplier} with {2.stars} stars.
        """,
    ),
)
