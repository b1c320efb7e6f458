"""Word lists about work, science, play and places."""

from __future__ import annotations

from demo_data.pools import words

LANGUAGES = words("""
Arabic, Basque, Bengali, Catalan, Czech, Danish, Dutch, English, Finnish, French, German, Greek, Hebrew,
Hindi, Hungarian, Icelandic, Indonesian, Italian, Japanese, Korean, Latin, Malay, Norwegian, Persian,
Polish, Portuguese, Romanian, Russian, Spanish, Swahili, Swedish, Tamil, Thai, Turkish, Ukrainian, Urdu,
Vietnamese, Welsh
""")
CURRENCIES = words("""
USD, EUR, GBP, JPY, CHF, CAD, AUD, NZD, SEK, NOK, DKK, PLN, CZK, HUF, MXN, BRL, ZAR, INR, KRW, SGD, THB,
TRY
""")
INSTRUMENTS = words("""
accordion, banjo, bass guitar, bassoon, cello, clarinet, classical guitar, double bass, drums, flute,
French horn, harmonica, harp, mandolin, oboe, piano, saxophone, sitar, trombone, trumpet, tuba, ukulele,
viola, violin, xylophone
""")
MUSIC_GENRES = words("""
bluegrass, blues, bossa nova, country, disco, drum and bass, electronic, flamenco, folk, funk, gospel,
hip hop, house, indie rock, jazz, metal, opera, pop, punk, reggae, salsa, samba, soul, swing, synthpop,
techno
""")
FILM_GENRES = words("""
adventure, animation, biography, comedy, crime, documentary, drama, family, fantasy, horror, musical,
mystery, noir, romance, science fiction, thriller, war, western
""")
SPORTS = words("""
archery, badminton, baseball, basketball, biathlon, boxing, cricket, curling, cycling, fencing,
field hockey, golf, gymnastics, handball, ice hockey, judo, lacrosse, rowing, rugby, sailing, skiing,
snooker, soccer, softball, squash, surfing, swimming, table tennis, tennis, volleyball, water polo,
wrestling
""")
TEAM_TAILS = words("""
Badgers, Bears, Comets, Cyclones, Dragons, Eagles, Falcons, Foxes, Giants, Hawks, Knights, Lions,
Mariners, Owls, Panthers, Pirates, Rangers, Ravens, Rockets, Royals, Sharks, Stallions, Storm, Thunder,
Tigers, United, Wanderers, Wolves
""")
EXERCISES = words("""
aerobics, bench presses, boxing, burpees, cycling, dancing, deadlifts, hiking, jogging, jumping rope,
kayaking, lunges, pilates, plank holds, pull-ups, push-ups, rowing, rock climbing, running, sit-ups,
skating, squats, stair climbing, swimming, tai chi, walking, weight lifting, yoga
""")
SYMPTOMS = words("""
back pain, blurred vision, chest tightness, chills, cough, dizziness, dry skin, ear pain, fatigue, fever,
headache, heartburn, insomnia, itchy eyes, joint pain, loss of appetite, muscle cramps, nausea,
night sweats, numb fingers, rash, runny nose, shortness of breath, sneezing, sore throat, stiff neck,
stomach pain, swollen ankles, toothache, wheezing
""")
MEDICINES = words("""
amoxicillin, aspirin, atorvastatin, azithromycin, cetirizine, codeine, diclofenac, doxycycline,
ibuprofen, insulin, levothyroxine, lisinopril, loratadine, losartan, metformin, metoprolol, naproxen,
omeprazole, paracetamol, prednisone, salbutamol, sertraline, simvastatin, tramadol, warfarin
""")
SUBJECTS = words("""
algebra, anatomy, art history, astronomy, biology, botany, calculus, chemistry, civics, computer science,
creative writing, drama, economics, ethics, geography, geology, geometry, grammar, history, journalism,
linguistics, logic, marketing, mechanics, music theory, philosophy, photography, physics, poetry,
political science, psychology, robotics, sociology, statistics, zoology
""")
CHEMICALS = words("""
acetic acid, acetone, ammonia, benzene, calcium carbonate, calcium chloride, carbon dioxide, citric acid,
copper sulfate, ethanol, ethylene glycol, glucose, glycerol, hydrochloric acid, hydrogen peroxide,
isopropanol, lactic acid, magnesium oxide, methane, methanol, nitric acid, phosphoric acid,
potassium chloride, potassium iodide, propane, silver nitrate, sodium bicarbonate, sodium hydroxide,
sucrose, sulfuric acid, toluene, urea, zinc oxide
""")
MATERIALS = words("""
aluminum, asphalt, bamboo, brass, brick, bronze, cardboard, cast iron, cedar, clay, concrete, copper,
cork, ebony, fiberglass, glass, granite, lead, limestone, marble, nickel, nylon, oak, pine, plywood,
porcelain, rubber, sandstone, silver, slate, stainless steel, steel, teak, tin, titanium, walnut, zinc
""")
PLANETS = words("""
Mercury, Venus, Mars, Jupiter, Saturn, Uranus, Neptune, Pluto, Titan, Europa, Ganymede, Io, Callisto, Ceres
""")
ROOMS = words("""
attic, basement, bathroom, bedroom, cellar, conservatory, dining room, garage, guest room, hallway,
home office, kids' room, kitchen, laundry room, library, living room, loft, nursery, pantry, patio,
sunroom, workshop
""")
TOPICS = words("""
annual budget, client visit, code review, contract renewal, design draft, exhibition opening, fire drill,
fundraising dinner, garden party, hiring plan, holiday schedule, insurance claim, kitchen renovation,
launch event, lease agreement, marketing plan, moving day, office move, parking rules, payroll change,
picnic, press release, product roadmap, quarterly report, reading club, recycling drive, safety training,
sales forecast, school trip, server outage, staff survey, street festival, summer camp, team lunch,
tax return, tenant meeting, travel plans, user study, wedding plans, website redesign, yoga class
""")
ADJECTIVES = words("""
Amber, Ancient, Bitter, Blue, Borrowed, Broken, Burning, Crooked, Crystal, Distant, Endless, Fading,
Forgotten, Frozen, Gentle, Golden, Hidden, Hollow, Iron, Last, Lonely, Lost, Midnight, Northern, Painted,
Pale, Quiet, Restless, Scarlet, Second, Secret, Silent, Silver, Sleeping, Stolen, Velvet, Wandering,
White, Wild, Winter
""")
NOUNS = words("""
Anthem, Archive, Bridge, Canyon, Carnival, Castle, Clockmaker, Compass, Crown, Desert, Echo, Empire,
Feather, Garden, Harbor, Horizon, Island, Journey, Kingdom, Lantern, Letters, Lighthouse, Map, Meadow,
Mirror, Mountain, Orchard, Parade, Promise, River, Road, Sailor, Season, Shadow, Shore, Sky, Song,
Station, Storm, Tide, Tower, Train, Valley, Violin, Voyage, Window, Winter
""")
STREETS = words("""
Acorn Lane, Ashford Road, Bay Street, Bishop Avenue, Canal Street, Chestnut Drive, Church Road,
Clover Court, Elm Street, Fern Way, Garden Terrace, Grove Street, Harbor Road, Hillcrest Avenue,
Holly Lane, King Street, Lake View Drive, Laurel Court, Linden Avenue, Market Street, Meadow Lane,
Mill Road, Mulberry Street, Oak Avenue, Orchard Road, Park Lane, Prospect Street, Quarry Road,
River Road, School Lane, Spruce Street, Station Road, Sunset Boulevard, Tower Hill, Valley Road,
Walnut Street
""")
DOMAINS = words("""
mailbox.org, fastpost.net, northmail.com, inboxly.com, example.com, example.org, postbird.net,
riverpost.com
""")
LANDMARKS = words("""
the art museum, the botanical garden, the bus station, the cathedral, the central library, the city hall,
the concert hall, the convention center, the courthouse, the ferry terminal, the football stadium,
the harbor, the main square, the old castle, the opera house, the train station, the university campus,
the zoo
""")
US_STATES = words("""
Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Georgia,
Hawaii, Idaho, Illinois, Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts,
Michigan, Minnesota, Mississippi, Missouri, Montana, Nebraska, Nevada, New Hampshire, New Jersey,
New Mexico, North Carolina, North Dakota, Ohio, Oklahoma, Oregon, Pennsylvania, Rhode Island,
South Carolina, South Dakota, Tennessee, Texas, Utah, Vermont, Virginia, Washington, West Virginia,
Wisconsin, Wyoming
""")
