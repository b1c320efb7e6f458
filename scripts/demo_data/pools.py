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
