from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "api.rules"
    label = "rules"
    verbose_name = "Rules of recommendations"
