from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "api.shop"
    label = "shop"
