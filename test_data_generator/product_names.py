"""A Faker provider of product names."""

from faker.providers import BaseProvider

# What the products of a category are; a shop with more categories than kinds begins again from the first.
KINDS = (
    *("Kettle", "Lamp", "Headphones", "Backpack", "Desk", "Sneakers", "Blender", "Novel", "Jacket", "Puzzle"),
    *("Drill", "Tent", "Pillow", "Keyboard", "Mug", "Scarf", "Bicycle", "Camera", "Perfume", "Rug"),
    *(
        "Frying pan",
        "Notebook",
        "Watch",
        "Armchair",
        "Speaker",
        "Toothbrush",
        "Yoga mat",
        "Monitor",
        "Wallet",
    ),
    *("Guitar", "Sunglasses", "Toaster", "Raincoat", "Bookshelf", "Router", "Stroller", "Shampoo", "Hammock"),
)
STYLES = (
    *("Amber", "Compact", "Classic", "Copper", "Foldable", "Graphite", "Ivory", "Light", "Nordic", "Olive"),
    *("Pocket", "Quiet", "Rugged", "Sand", "Slim", "Soft", "Studio", "Urban", "Vintage", "Walnut"),
)


class ProductNameProvider(BaseProvider):
    """Adds `product_name` to a Faker generator."""

    def product_name(self, category_number: int) -> str:
        """Such as "Copper Kettle 412". Products of one category are of one kind."""
        kind = KINDS[category_number % len(KINDS)]
        return f"{self.random_element(STYLES)} {kind} {self.random_int(100, 999)}"
