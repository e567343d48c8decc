from django.apps import AppConfig


class MarketConfig(AppConfig):
    name = "api.market"
    label = "market"
