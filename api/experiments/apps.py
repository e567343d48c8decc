from django.apps import AppConfig


class ExperimentsConfig(AppConfig):
    name = "api.experiments"
    label = "experiments"
    verbose_name = "Experiments"
