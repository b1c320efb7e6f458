"""Word lists that values are drawn from; long, so that none can be learned by heart."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """The entries of a text, parted by commas."""
    return tuple(" ".join(word.split()) for word in text.split(","))


CITIES = words("""
Aberdeen, Accra, Adelaide, Ankara, Antwerp, Asheville, Athens, Auckland, Baltimore, Bangkok, Barcelona,
Basel, Belfast, Belgrade, Bergen, Bilbao, Bogota, Bologna, Bordeaux, Boulder, Bremen, Brisbane, Bristol,
Brno, Bruges, Bucharest, Buffalo, Busan, Calgary, Cape Town, Cardiff, Cartagena, Casablanca, Charleston,
Chiang Mai, Cleveland, Cologne, Cordoba, Cusco, Daejeon, Dakar, Darwin, Denver, Dresden, Dublin, Durban,
Edinburgh, Eindhoven, El Paso, Fez, Florence, Fukuoka, Gdansk, Geneva, Genoa, Ghent, Glasgow, Graz,
Grenoble, Guadalajara, Halifax, Hamburg, Hanoi, Helsinki, Hiroshima, Hobart, Ho Chi Minh City, Innsbruck,
Jakarta, Kampala, Kansas City, Kigali, Krakow, Kuala Lumpur, Kyoto, La Paz, Lagos, Las Vegas, Leeds,
Leipzig, Lille, Lima, Lisbon, Ljubljana, Lyon, Malaga, Manaus, Manila, Marseille, Medellin, Melbourne,
Memphis, Milwaukee, Minneapolis, Mombasa, Montevideo, Montreal, Mumbai, Nagoya, Nairobi, Nantes, Naples,
New Orleans, Nice, Odense, Osaka, Oslo, Ottawa, Palermo, Perth, Phoenix, Pittsburgh, Porto, Port Louis,
Prague, Quebec City, Quito, Reykjavik, Riga, Rio de Janeiro, Rotterdam, Salt Lake City, Salzburg,
San Antonio, San Diego, San Juan, Santa Fe, Santiago, Sapporo, Savannah, Seville, Sheffield, Skopje,
Sofia, Split, St. Louis, Tallinn, Tampa, Tbilisi, Toledo, Trieste, Tucson, Turin, Utrecht, Valencia,
Vancouver, Vilnius, Warsaw, Wellington, Windhoek, Winnipeg, York, Zagreb, Zurich
""")
COUNTRIES = words("""
Albania, Argentina, Armenia, Austria, Bangladesh, Belgium, Bolivia, Botswana, Bulgaria, Cambodia,
Cameroon, Canada, Chile, Colombia, Costa Rica, Croatia, Cuba, Denmark, Ecuador, Egypt, Estonia, Ethiopia,
Finland, Georgia, Ghana, Greece, Guatemala, Hungary, Iceland, Indonesia, Ireland, Israel, Jamaica,
Jordan, Kazakhstan, Kenya, Laos, Latvia, Lebanon, Lithuania, Malaysia, Malta, Mexico, Mongolia, Morocco,
Nepal, New Zealand, Nigeria, Norway, Oman, Pakistan, Panama, Paraguay, Peru, Poland, Portugal, Romania,
Rwanda, Senegal, Serbia, Slovakia, Slovenia, South Africa, South Korea, Sri Lanka, Sweden, Switzerland,
Tanzania, Thailand, Tunisia, Turkey, Uganda, Uruguay, Vietnam, Zambia
""")
FIRST_NAMES = words("""
Ada, Agnes, Ahmed, Aiko, Alan, Amara, Anders, Anita, Anton, Arjun, Astrid, Beatriz, Bruno, Carla, Cedric,
Chiara, Claire, Cyrus, Dalia, Daniel, Deepa, Diego, Edith, Elena, Elif, Emeka, Erik, Esther, Farah,
Felix, Fiona, Gareth, Greta, Hana, Hassan, Hugo, Ingrid, Isabel, Ivan, Jamal, Jana, Jonas, Joyce, Karim,
Katrin, Kenji, Lars, Leila, Leon, Lucia, Magda, Malik, Marco, Mei, Mikko, Mira, Nadia, Naomi, Nils, Noor,
Olga, Omar, Oscar, Paula, Pedro, Petra, Priya, Rafael, Ravi, Rosa, Ruben, Sanjay, Selma, Simone, Stella,
Sven, Tariq, Teresa, Tomas, Vera, Viktor, Wanda, Yara, Yusuf, Zoe
""")
LAST_NAMES = words("""
Abbott, Adeyemi, Almeida, Andersen, Bauer, Becker, Bianchi, Blake, Bosman, Caldwell, Castillo, Chandra,
Costa, Dalton, Das, Dubois, Eriksen, Farrell, Fischer, Fonseca, Fraser, Garner, Gupta, Haddad, Hale,
Hansen, Hoffman, Ibrahim, Ito, Jansen, Kamara, Keller, Khan, Kovac, Kowalski, Larsen, Lindqvist, Lopez,
Mahmoud, Marin, Mbeki, Mehta, Mendes, Moreau, Murphy, Nakamura, Nolan, Novak, Nwosu, Okafor, Olsen,
Ortega, Osborne, Park, Patel, Pereira, Petrov, Popescu, Quinn, Rahman, Ramirez, Reyes, Ricci, Rossi,
Sato, Schmidt, Sharma, Silva, Soto, Strand, Suzuki, Tanaka, Torres, Vargas, Vogel, Weber, Whitaker,
Yilmaz
""")
COMPANY_HEADS = words("""
Alder, Amberline, Anchor, Beacon, Birchwood, Bluefield, Brightwater, Cascade, Cedar Point, Copperleaf,
Crestview, Driftwood, Eastgate, Elmstone, Evergreen, Fairmont, Falcon, Granite Bay, Greenway, Harborline,
Hazelton, Highland, Ironbridge, Juniper, Kestrel, Lakeshore, Lighthouse, Maplewood, Meridian, Millbrook,
Northwind, Oakhurst, Pinecrest, Quarry, Redstone, Riverbend, Sandpiper, Silverline, Stonegate, Sunrise,
Tidewater, Vista, Westbrook, Whitefield, Willow
""")
COMPANY_TAILS = words("""
Foods, Logistics, Bank, Textiles, Energy, Motors, Software, Airlines, Media, Pharma, Insurance, Robotics,
Furniture, Hotels, Shipping, Steel, Telecom, Capital, Books, Dental
""")
PRODUCTS = words("""
coffee grinder, desk lamp, running jacket, office chair, yoga mat, water bottle, electric kettle, toaster,
backpack, umbrella, wireless mouse, mechanical keyboard, phone case, monitor stand, rain jacket,
hiking pole, tent, sleeping bag, camping stove, garden hose, cordless drill, paint roller, step ladder,
tool box, picture frame, wall clock, bath towel, bed sheet, pillow, cutting board, frying pan,
rice cooker, blender, food processor, wine glass, candle, notebook, fountain pen, board game,
jigsaw puzzle, toy train, baby monitor, stroller, car seat, bike helmet, bike lock, tennis racket,
soccer ball, fishing rod, ski helmet, swimsuit, sun hat, wrist watch, leather belt, wool scarf,
winter coat, hair dryer, electric toothbrush, air purifier, space heater, ceiling fan, dog leash,
cat tree, bird feeder, router, webcam, loudspeaker, e-reader, tripod
""")
INGREDIENTS = words("""
almonds, apples, apricots, asparagus, avocado, bacon, bananas, barley, basil, black beans, blueberries,
broccoli, brown rice, butter, buttermilk, cabbage, carrots, cauliflower, cheddar, chicken breast,
chickpeas, coconut milk, cod, cottage cheese, couscous, cucumber, dates, eggplant, eggs, feta, figs,
garlic, ginger, green beans, ground beef, honey, kale, kidney beans, lamb, leeks, lentils, lemon, lime,
mackerel, mango, mushrooms, mozzarella, oats, olives, onions, orange juice, paprika, parmesan, peaches,
peanut butter, pears, peas, pineapple, pork, potatoes, prawns, pumpkin, quinoa, raisins, ricotta, salmon,
sesame seeds, sour cream, soy sauce, spinach, strawberries, sweet potatoes, tofu, tomatoes, tuna, turkey,
walnuts, yogurt, zucchini
""")
DISHES = words("""
apple crumble, bean burrito, beef stew, beet soup, butter chicken, carrot cake, chicken pie, chili,
clam chowder, corn bread, crab cakes, dumplings, falafel, fish curry, fish tacos, french toast,
fried rice, garlic bread, goulash, lamb tagine, lasagna, lemon tart, lentil soup, mushroom risotto,
onion soup, paella, pad thai, pancakes, pea soup, pho, pierogi, pork ribs, potato gratin, pumpkin pie,
ramen, ratatouille, rice pudding, roast duck, shepherd's pie, spring rolls, stuffed peppers, tiramisu,
tomato soup, vegetable curry, waffles
""")
ANIMALS = words("""
albatross, badger, barn owl, beaver, bison, blue whale, bobcat, camel, caribou, cheetah, chimpanzee,
cobra, condor, coyote, crane, dolphin, eagle, echidna, emperor penguin, falcon, flamingo, fruit bat,
gecko, giraffe, gray wolf, grizzly bear, hedgehog, heron, hippopotamus, hyena, ibex, iguana, jaguar,
kangaroo, koala, lemur, leopard seal, lynx, manatee, meerkat, moose, narwhal, ocelot, octopus, orangutan,
ostrich, otter, panda, pangolin, pelican, platypus, polar bear, puffin, python, raccoon, red fox,
rhinoceros, salamander, sea turtle, snow leopard, swan, tapir, tiger shark, walrus, wombat, zebra
""")
PLANTS = words("""
basil, begonias, blueberry bushes, cherry tomatoes, chives, clematis, corn, cucumbers, dahlias, fennel,
ferns, foxgloves, garlic, geraniums, hostas, hydrangeas, irises, kale, lavender, lettuce, lilies,
marigolds, mint, oregano, orchids, pansies, parsley, peonies, peppers, petunias, potatoes, radishes,
raspberries, rhubarb, rosemary, roses, sage, snapdragons, spinach, strawberries, sunflowers, thyme,
tulips, wisteria, zinnias
""")
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
