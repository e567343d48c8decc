"""A Faker provider of product prices."""

import math
from decimal import Decimal

from faker.providers import BaseProvider

from test_data_generator.product_names import KINDS

# The typical price of each kind.
TYPICAL_PRICES = {
    **{"Kettle": 40, "Lamp": 45, "Headphones": 80, "Backpack": 60, "Desk": 180, "Sneakers": 85, "Blender": 70},
    **{"Novel": 14, "Jacket": 110, "Puzzle": 22, "Drill": 95, "Tent": 160, "Pillow": 28, "Keyboard": 65, "Mug": 12},
    **{"Scarf": 25, "Bicycle": 520, "Camera": 450, "Perfume": 65, "Rug": 120, "Frying pan": 38, "Notebook": 9},
    **{"Watch": 140, "Armchair": 320, "Speaker": 90, "Toothbrush": 7, "Yoga mat": 30, "Monitor": 230, "Wallet": 42},
    **{"Guitar": 210, "Sunglasses": 75, "Toaster": 48, "Raincoat": 70, "Bookshelf": 130, "Router": 100},
    **{"Stroller": 290, "Shampoo": 8, "Hammock": 55},
}
SPREAD = 0.35  # standard deviation of the logarithm: two in three cost between 0.7 and 1.4 times as much


class ProductPriceProvider(BaseProvider):
    """Adds `product_price` to a Faker generator."""

    def product_price(self, category_number: int) -> Decimal:
        """Such as 39.99; like the names, of the category's kind."""
        typical = TYPICAL_PRICES[KINDS[category_number % len(KINDS)]]
        price: float = self.generator.random.lognormvariate(math.log(typical), SPREAD)
        return max(1, round(price)) - Decimal("0.01")
