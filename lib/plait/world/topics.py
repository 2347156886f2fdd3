"""The topics of the world, with the words from which items are named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """One interest. `themes` name clips, posts and articles; `goods` name products."""

    name: str
    department: str  # the shop's broad category
    section: str  # the newspaper's
    price: float  # EUR, of an average product
    brands: tuple[str, str]
    goods: tuple[str, ...]
    themes: tuple[str, ...]

    @property
    def tag(self) -> str:
        """The topic as a hashtag, without the #."""
        return self.name.lower().replace(" ", "")


def _topic(
    name: str, department: str, section: str, price: float, brands: str, goods: str, themes: str
) -> Topic:
    first, second = brands.split(", ")
    return Topic(
        name, department, section, price, (first, second),
        tuple(goods.split(", ")), tuple(themes.split(", ")),
    )  # fmt: skip


TOPICS: tuple[Topic, ...] = (
    _topic(
        "Trail running", "Sports", "Sport", 70, "Norvik, Fellway",
        "trail running shoes, hydration vest, head torch, running poles, rain shell, "
        "merino socks, GPS watch, ankle gaiters",
        "hill repeats, the first ultra, running in the rain, night runs, downhill technique, "
        "fuelling on the trail, ankle strength, mountain marathons",
    ),
    _topic(
        "Home cooking", "Kitchen", "Food", 45, "Sartoro, Copperline",
        "pasta machine, cast iron pan, chef's knife, stock pot, herb grinder, oak cutting board, "
        "mortar and pestle, digital kitchen scale",
        "pasta from scratch, one-pot dinners, knife skills, slow-cooked ragù, weeknight curries, "
        "stock from leftovers, fresh herbs, Sunday roasts",
    ),
    _topic(
        "Bread baking", "Kitchen", "Food", 30, "Crumb & Co, Hearthstone",
        "dough bowl, proving basket, bread lame, baking stone, rye flour, dough scraper, "
        "loaf tin, sourdough jar",
        "sourdough starters, rye loaves, wet doughs, baguettes at home, overnight proving, "
        "baking with spelt, the perfect crust, focaccia",
    ),
    _topic(
        "Stargazing", "Optics", "Science", 190, "Perihel, Noctua Sky",
        "refractor telescope, star tracker, eyepiece set, moon filter, red flashlight, "
        "planisphere, dew heater, astro camera",
        "deep-sky photographs, the rings of Saturn, lunar craters, meteor showers, dark skies, "
        "star hopping, solar eclipses, the winter sky",
    ),
    _topic(
        "Road cycling", "Sports", "Sport", 120, "Velmara, Tornante",
        "road helmet, bib shorts, carbon wheels, clipless pedals, bike computer, saddle bag, "
        "winter gloves, chain cleaner",
        "alpine climbs, riding in a group, winter base miles, bike fitting, gravel detours, "
        "interval training, cobbled classics, long descents",
    ),
    _topic(
        "Coffee", "Kitchen", "Food", 95, "Moka Nord, Crema Labs",
        "burr grinder, pour-over kettle, espresso machine, milk pitcher, filter papers, "
        "single-origin beans, tamper, travel press",
        "espresso at home, pour-over recipes, latte art, light roasts, cold brew, grind size, "
        "coffee from Ethiopia, water chemistry",
    ),
    _topic(
        "Houseplants", "Home", "Living", 25, "Verdana, Fern & Fable",
        "terracotta pot, grow light, monstera cutting, self-watering planter, moss pole, "
        "plant mister, potting soil, pruning shears",
        "repotting day, propagation in water, low-light plants, fungus gnats, rare aroids, "
        "winter watering, balcony jungles, terrariums",
    ),
    _topic(
        "Chess", "Games", "Culture", 50, "Rookery, Caissa",
        "tournament chess set, chess clock, opening book, roll-up board, endgame manual, "
        "wooden board, score book, travel set",
        "the Sicilian defence, rook endgames, blitz chess, opening traps, pawn structures, "
        "the world championship, tactics training, famous sacrifices",
    ),
    _topic(
        "Bouldering", "Sports", "Sport", 85, "Gritstone, Talus",
        "climbing shoes, chalk bag, crash pad, hangboard, finger tape, brush set, "
        "climbing trousers, resistance bands",
        "finger strength, heel hooks, outdoor bouldering, dynos, reading a problem, "
        "climbing in the cold, slab technique, campus training",
    ),
    _topic(
        "Mechanical keyboards", "Electronics", "Technology", 110, "Klackwerk, Thock Supply",
        "hot-swap keyboard, tactile switches, keycap set, coiled cable, desk mat, "
        "switch opener, brass plate, numpad",
        "lubing switches, silent builds, split keyboards, sound tests, keyboard firmware, "
        "low-profile boards, keycap colours, group buys",
    ),
    _topic(
        "Film photography", "Optics", "Culture", 130, "Silverlux, Halide",
        "rangefinder camera, black-and-white film, light meter, developing tank, 50 mm lens, "
        "leather strap, negative sleeves, tripod",
        "street photography, developing at home, portraits on film, expired rolls, "
        "double exposures, night photography, contact sheets, medium format",
    ),
    _topic(
        "Jazz guitar", "Music", "Culture", 240, "Fretwell, Blue Harbour",
        "archtop guitar, flat-wound strings, tube amplifier, chord book, guitar stand, "
        "clip-on tuner, felt picks, loop pedal",
        "walking bass lines, chord melody, bebop scales, comping, gypsy jazz, "
        "practice routines, standards by ear, improvising over changes",
    ),
    _topic(
        "Skincare", "Beauty", "Living", 28, "Lumiere Verte, Dermalis",
        "vitamin C serum, mineral sunscreen, night cream, clay mask, gentle cleanser, "
        "retinol oil, eye balm, face roller",
        "morning routines, sun protection, sensitive skin, retinol, winter skin, "
        "fragrance-free care, skin barriers, double cleansing",
    ),
    _topic(
        "Woodworking", "Tools", "Living", 80, "Dovetail & Sons, Ashgrove",
        "block plane, chisel set, dovetail saw, workbench vise, marking gauge, "
        "sharpening stone, wood oil, carving knife",
        "hand-cut dovetails, spoon carving, sharpening, japanese joinery, small workshops, "
        "restoring old tools, bending wood, the first workbench",
    ),
    _topic(
        "Dog training", "Pets", "Living", 22, "Waggle, Bramble Paw",
        "training leash, treat pouch, agility tunnel, chew toys, clicker, cooling mat, "
        "dog backpack, snuffle mat",
        "loose-leash walking, puppy biting, recall training, agility at home, shy rescue dogs, "
        "scent games, crate training, long hikes with a dog",
    ),
    _topic(
        "Gardening", "Garden", "Living", 35, "Loam & Leaf, Greenspade",
        "seed collection, raised bed, garden fork, compost bin, tomato cages, "
        "watering can, cold frame, kneeling pad",
        "heirloom tomatoes, composting, wildflower meadows, no-dig beds, pruning roses, "
        "rain barrels, sowing calendars, slugs",
    ),
    _topic(
        "Sailing", "Sports", "Sport", 150, "Halyard, Mistral Marine",
        "life jacket, sailing gloves, deck shoes, handheld VHF, dry bag, foul-weather jacket, "
        "rigging knife, tide tables",
        "solo passages, knots, reading the wind, storm tactics, dinghy racing, anchoring, "
        "crossing the Biscay, celestial navigation",
    ),
    _topic(
        "Retro games", "Electronics", "Technology", 65, "Pixelsmith, Cartridge Club",
        "handheld console, arcade stick, CRT scaler, cartridge case, pixel-art poster, "
        "replacement buttons, memory card, mini arcade cabinet",
        "speedruns, console repairs, chiptunes, lost prototypes, point-and-click classics, "
        "arcade cabinets, pixel art, cartridge hunting",
    ),
    _topic(
        "Yoga", "Sports", "Health", 40, "Prana North, Stillwater",
        "yoga mat, cork block, meditation cushion, stretch strap, yoga wheel, eye pillow, "
        "bolster, linen trousers",
        "morning flows, handstands, breathing, yoga for runners, hip openers, yin yoga, "
        "meditation, back care",
    ),
    _topic(
        "Watercolour", "Art", "Culture", 38, "Pigmenta, Wetbrush",
        "watercolour set, cotton paper, mop brush, travel palette, masking fluid, "
        "sketchbook, table easel, water brush",
        "loose florals, urban sketching, colour mixing, painting skies, wet-on-wet washes, "
        "botanical studies, sketching on trains, granulating pigments",
    ),
    _topic(
        "Home automation", "Electronics", "Technology", 60, "Hearthlink, Nodeo",
        "smart thermostat, motion sensor, smart plug, LED strip, door lock, water leak sensor, "
        "wall tablet, energy meter",
        "local-first smart homes, lighting scenes, saving heating energy, voice control, "
        "sensor networks, dashboards, battery-free switches, smart blinds",
    ),
    _topic(
        "Camping", "Sports", "Travel", 90, "Fjellhus, Emberline",
        "two-person tent, down sleeping bag, camping stove, sleeping pad, folding chair, "
        "water filter, tarp, enamel mug",
        "wild camping, camp-fire cooking, winter tents, bikepacking, packing light, "
        "camping with children, hammocks, sleeping under the stars",
    ),
    _topic(
        "Personal finance", "Books", "Business", 20, "Ledgerly, Plain Press",
        "budget planner, investing handbook, receipt scanner, savings jar, tax folder, "
        "pocket calculator, retirement workbook, index fund primer",
        "index funds, household budgets, early retirement, emergency savings, mortgages, "
        "compound interest, saving for children, side incomes",
    ),
    _topic(
        "Knitting", "Art", "Living", 24, "Woolgather, Purl Lane",
        "merino yarn, circular needles, stitch markers, sock pattern book, yarn winder, "
        "blocking mats, project bag, cable needle",
        "fair isle sweaters, socks two at a time, cable knitting, natural dyes, "
        "mending jumpers, lace shawls, stash busting, colourwork mittens",
    ),
)  # fmt: skip


# Title templates by level: for starters, for everyone, for experts. {x} is a theme (a
# plural or a singular, so no verb agrees with it), {X} the same with a capital.
TITLE_TEMPLATES: dict[str, tuple[tuple[str, ...], ...]] = {
    "video": (
        ("{X} for beginners", "Getting started with {x}", "My first week of {x}"),
        ("{X}, episode {n}", "{X} in 20 minutes", "A year of {x} in one video"),
        ("{X}: a masterclass", "Advanced {x}", "{X}, frame by frame"),
    ),
    "social": (
        ("First try at {x}, be kind", "Day one of {x}", "Any tips on {x} for a novice?"),
        ("A weekend of {x}", "{X} with friends", "Today's mood: {x}"),
        ("Ten years of {x}, a thread", "{X} at the highest level", "Unpopular opinion on {x}"),
    ),
    "news": (
        ("{X}, explained", "{X}: where to start", "Five questions on {x}"),
        ("The quiet rise of {x}", "A week of {x}", "Postcard from the world of {x}"),
        ("What experts get wrong about {x}", "Inside the science of {x}", "The masters of {x}"),
    ),
}

# A product's name is its brand, a line for its level, and the thing itself.
PRODUCT_LINES: tuple[tuple[str, ...], ...] = (("One", "Start"), ("", "Classic"), ("Pro", "Master"))
