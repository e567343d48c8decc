"""Pictures of products, drawn: what it is by its kind, its colours by its style. One product looks the same always."""

import zlib

# Each on a sheet of 240 x 240, in three colours: {m} is the middle one, {d} the dark, {l} the light.
_BOTTLE = (
    '<rect x="84" y="84" width="72" height="116" rx="14" fill="{m}"/><rect x="102" y="48" width="36" height="40"'
    ' rx="6" fill="{d}"/><rect x="96" y="120" width="48" height="44" rx="4" fill="{l}"/>'
)
_BAG = (
    '<path d="M92 84V66q28-34 56 0v18" fill="none" stroke="{d}" stroke-width="10"/><rect x="62" y="80" width="116"'
    ' height="120" rx="22" fill="{m}"/><rect x="82" y="134" width="76" height="46" rx="8" fill="{l}"/>'
)
_BOOK = (
    '<rect x="68" y="44" width="104" height="152" rx="8" fill="{m}"/><rect x="68" y="44" width="18" height="152" rx="6"'
    ' fill="{d}"/><path d="M104 84h48M104 104h32" stroke="{l}" stroke-width="8" stroke-linecap="round"/>'
)
_CLOTHES = (
    '<path d="M94 52 52 82l18 34 18-10v90h64v-90l18 10 18-34-42-30q-26 24-52 0z" fill="{m}"/>'
    '<path d="M120 70v126" stroke="{d}" stroke-width="6"/><circle cx="132" cy="112" r="5" fill="{l}"/>'
    '<circle cx="132" cy="146" r="5" fill="{l}"/>'
)
_SCREEN = (
    '<rect x="42" y="58" width="156" height="104" rx="10" fill="{d}"/><rect x="52" y="68" width="136" height="84"'
    ' rx="4" fill="{l}"/><path d="M104 162h32v22h24v12H80v-12h24z" fill="{m}"/>'
)
_PILLOW = (
    '<path d="M54 74q66 20 132 0q-18 46 0 92q-66-20-132 0q18-46 0-92z" fill="{m}"/>'
    '<path d="M84 104q36 8 72 0M84 136q36-8 72 0" fill="none" stroke="{l}" stroke-width="6"/>'
)
_SEAT = (
    '<rect x="78" y="48" width="84" height="92" rx="22" fill="{m}"/><rect x="50" y="108" width="34" height="66" rx="16"'
    ' fill="{d}"/><rect x="156" y="108" width="34" height="66" rx="16" fill="{d}"/><rect x="74" y="132" width="92"'
    ' height="42" rx="10" fill="{l}"/><path d="M78 174v22M162 174v22" stroke="{d}" stroke-width="10"/>'
)
_SHELF = (
    '<rect x="62" y="44" width="116" height="154" rx="6" fill="{d}"/><path d="M74 56h92v36H74zM74 104h92v36H74zM74'
    ' 152h92v36H74z" fill="{l}"/><path d="M82 92V64h12v28M100 92V70h10v22M128 140v-30h14v30M82 188v-24h20v24" '
    'fill="{m}"/>'
)
_KINDS = {
    "Kettle": '<path d="M76 92h88l18 100H58z" fill="{m}"/><path d="M164 104q40 4 26 66" fill="none" stroke="{d}" '
    'stroke-width="12"/><path d="M70 128 40 96" stroke="{m}" stroke-width="16"/><rect x="84" y="76" width="72" '
    'height="18" rx="8" fill="{d}"/><circle cx="120" cy="68" r="10" fill="{l}"/>',
    "Lamp": '<path d="M88 48h64l28 70H60z" fill="{m}"/><rect x="114" y="118" width="12" height="66" fill="{d}"/>'
    '<rect x="82" y="182" width="76" height="14" rx="7" fill="{d}"/><path d="M72 124h96l10 24H62z" fill="{l}"/>',
    "Headphones": '<path d="M58 146v-18a62 62 0 0 1 124 0v18" fill="none" stroke="{d}" stroke-width="12"/><rect x="44" '
    'y="126" width="36" height="62" rx="16" fill="{m}"/><rect x="160" y="126" width="36" height="62" rx="16" '
    'fill="{m}"/>',
    "Backpack": _BAG,
    "Desk": '<rect x="36" y="92" width="168" height="16" rx="4" fill="{m}"/><path d="M50 108v84M190 108v84" '
    'stroke="{d}" stroke-width="12"/><rect x="128" y="108" width="56" height="40" fill="{l}"/>',
    "Sneakers": '<path d="M46 120q14 14 38-14l22 26q46 12 84 20q12 6 10 26H46z" fill="{m}"/><rect x="42" y="176" '
    'width="160" height="16" rx="8" fill="{d}"/><path d="m98 128 12-14M116 136l12-14M134 142l10-12" stroke="{l}" '
    'stroke-width="6"/>',
    "Blender": '<path d="M82 46h76l-14 92H96z" fill="{l}"/><path d="M88 86h64l-8 52H96z" fill="{m}"/><path d="M90 '
    '138h60l14 58H76z" fill="{d}"/><circle cx="120" cy="170" r="10" fill="{l}"/>',
    "Novel": _BOOK,
    "Jacket": _CLOTHES,
    "Puzzle": '<path d="M60 76h44q-8-28 16-28t16 28h44v44q28-8 28 16t-28 16v40H60z" fill="{m}"/><circle cx="60" '
    'cy="134" r="16" fill="{l}"/>',
    "Drill": '<rect x="54" y="72" width="96" height="44" rx="12" fill="{m}"/><path d="M150 84h18v20h-18zM168 92h36v5'
    'h-36z" fill="{d}"/><path d="M74 112h36l-8 60H66z" fill="{d}"/><rect x="54" y="168" width="64" height="26" rx="8" '
    'fill="{l}"/>',
    "Tent": '<path d="M120 50 36 190h168z" fill="{m}"/><path d="m120 92-36 98h72z" fill="{d}"/><path d="m120 92 36 '
    '98h-30z" fill="{l}"/>',
    "Pillow": _PILLOW,
    "Keyboard": '<rect x="34" y="86" width="172" height="78" rx="12" fill="{d}"/><path d="M50 104h140M50 124h140" '
    'stroke="{l}" stroke-width="12" stroke-dasharray="14 7"/><path d="M80 146h80" stroke="{m}" stroke-width="12"/>',
    "Mug": '<path d="M156 96q44-6 40 32t-48 34" fill="none" stroke="{d}" stroke-width="14"/><path d="M62 76h96v96q0 '
    '20-20 20H82q-20 0-20-20z" fill="{m}"/><ellipse cx="110" cy="78" rx="48" ry="12" fill="{l}"/>',
    "Scarf": '<path d="M72 56h96v40H72z" fill="{m}"/><path d="M84 96h32v100H84z" fill="{d}"/><path d="M122 96h32v76'
    'h-32z" fill="{l}"/>',
    "Bicycle": '<circle cx="70" cy="152" r="38" fill="none" stroke="{d}" stroke-width="9"/><circle cx="170" cy="152" '
    'r="38" fill="none" stroke="{d}" stroke-width="9"/><path d="m70 152 32-62h48l20 62M102 90l18 62 30-62M120 152H70" '
    'fill="none" stroke="{m}" stroke-width="9"/><path d="M90 84h26M146 78h26" stroke="{l}" stroke-width="9"/>',
    "Camera": '<path d="M92 76 104 58h32l12 18z" fill="{d}"/><rect x="44" y="74" width="152" height="112" rx="16" '
    'fill="{m}"/><circle cx="120" cy="130" r="38" fill="{d}"/><circle cx="120" cy="130" r="22" fill="{l}"/>',
    "Perfume": '<rect x="70" y="98" width="100" height="100" rx="18" fill="{m}"/><rect x="100" y="74" width="40" '
    'height="26" fill="{l}"/><rect x="92" y="46" width="56" height="30" rx="8" fill="{d}"/>',
    "Rug": '<rect x="44" y="72" width="152" height="104" fill="{m}"/><path d="M40 72v104M200 72v104" stroke="{d}" '
    'stroke-width="10" stroke-dasharray="6 5"/><path d="m120 90 44 34-44 34-44-34z" fill="{l}"/>',
    "Frying pan": '<circle cx="98" cy="134" r="58" fill="{d}"/><circle cx="98" cy="134" r="44" fill="{m}"/><path d="'
    'm140 94 56-42" stroke="{d}" stroke-width="18" stroke-linecap="round"/><circle cx="92" cy="138" '
    'r="18" fill="{l}"/>',
    "Notebook": _BOOK,
    "Watch": '<path d="M96 34h48v172H96z" fill="{d}"/><circle cx="120" cy="120" r="52" fill="{m}"/><circle cx="120" '
    'cy="120" r="38" fill="{l}"/><path d="M120 96v24l16 12" fill="none" stroke="{d}" stroke-width="7"/>',
    "Armchair": _SEAT,
    "Speaker": '<rect x="72" y="40" width="96" height="160" rx="14" fill="{d}"/><circle cx="120" cy="82" r="20" '
    'fill="{l}"/><circle cx="120" cy="146" r="36" fill="{m}"/><circle cx="120" cy="146" r="14" fill="{d}"/>',
    "Toothbrush": '<path d="m60 196 84-108" stroke="{m}" stroke-width="18" stroke-linecap="round"/><path d="m138 74 '
    '34 26" stroke="{d}" stroke-width="22"/><path d="m152 56 34 26" stroke="{l}" stroke-width="16"/>',
    "Yoga mat": '<path d="M60 160h116V72h28v100q0 20-20 20H60z" fill="{m}"/><circle cx="62" cy="160" r="32" '
    'fill="{d}"/><circle cx="62" cy="160" r="18" fill="{l}"/>',
    "Monitor": _SCREEN,
    "Wallet": '<rect x="46" y="74" width="148" height="104" rx="14" fill="{m}"/><path d="M46 100h148" stroke="{d}" '
    'stroke-width="8"/><rect x="150" y="118" width="52" height="34" rx="10" fill="{d}"/><circle cx="168" cy="135" '
    'r="7" fill="{l}"/>',
    "Guitar": '<path d="m140 104 52-60" stroke="{d}" stroke-width="14"/><circle cx="92" cy="152" r="44" fill="{m}"/>'
    '<circle cx="128" cy="116" r="30" fill="{m}"/><circle cx="106" cy="138" r="16" fill="{l}"/>',
    "Sunglasses": '<circle cx="78" cy="130" r="34" fill="{d}"/><circle cx="162" cy="130" r="34" fill="{d}"/><path '
    'd="M112 124q8-8 16 0M44 122 34 92M196 122l10-30" fill="none" stroke="{m}" stroke-width="10"/><path d="m62 126 '
    '16-16M146 126l16-16" stroke="{l}" stroke-width="7"/>',
    "Toaster": '<path d="M78 88V60q16-14 34 0v28M128 88V60q16-14 34 0v28" fill="{l}"/><rect x="46" y="86" width="148" '
    'height="98" rx="22" fill="{m}"/><path d="M62 184v12M178 184v12" stroke="{d}" stroke-width="12"/><path d="M182 '
    '112v36" stroke="{d}" stroke-width="9"/>',
    "Raincoat": _CLOTHES,
    "Bookshelf": _SHELF,
    "Router": '<path d="M76 126V62M164 126V62" stroke="{d}" stroke-width="9" stroke-linecap="round"/><rect x="42" '
    'y="122" width="156" height="54" rx="14" fill="{m}"/><path d="M64 150h40" stroke="{l}" stroke-width="9" '
    'stroke-dasharray="9 7"/>',
    "Stroller": '<path d="M60 128a62 62 0 0 1 62-66v66z" fill="{d}"/><path d="M60 128h116q0 38-38 38H98q-38 0-38-38z" '
    'fill="{m}"/><path d="m176 128 20-40" stroke="{d}" stroke-width="9"/><circle cx="92" cy="184" r="16" fill="{l}"/>'
    '<circle cx="150" cy="184" r="16" fill="{l}"/>',
    "Shampoo": _BOTTLE,
    "Hammock": '<path d="M44 44v156M196 44v156" stroke="{d}" stroke-width="12"/><path d="M48 96q72 110 144 0v20q-72 '
    '96-144 0z" fill="{m}"/><path d="M70 124q50 50 100 0" fill="none" stroke="{l}" stroke-width="7"/>',
}
_ANYTHING = (
    '<path d="m120 44 76 38v76l-76 38-76-38V82z" fill="{m}"/><path d="m120 120 76-38v76l-76 38z" fill="{d}"/>'
    '<path d="m120 44 76 38-76 38-76-38z" fill="{l}"/>'
)
# Hue (degrees) and saturation (%) of styles that are colours; of others the name decides.
_STYLES = {
    "Amber": (38, 75),
    "Copper": (18, 60),
    "Graphite": (220, 8),
    "Ivory": (46, 30),
    "Olive": (76, 38),
    "Sand": (36, 34),
    "Walnut": (24, 38),
    "Nordic": (205, 42),
}


def draw(name: str, kind: str | None) -> str:
    """An SVG of a product."""
    number = zlib.crc32(name.encode())
    hue, saturation = _STYLES.get(name.partition(" ")[0], (number % 360, 45))
    colours = {
        "m": f"hsl({hue} {saturation}% 52%)",
        "d": f"hsl({hue} {saturation}% 30%)",
        "l": f"hsl({(hue + 20) % 360} {saturation}% 80%)",
    }
    drawn = _KINDS.get(kind or "", _ANYTHING).format(**colours)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240">'
        f'<rect width="240" height="240" fill="hsl({hue} {saturation // 2}% 92%)"/>'
        f'<ellipse cx="120" cy="206" rx="78" ry="8" fill="hsl({hue} {saturation // 2}% 82%)"/>{drawn}</svg>'
    )
