"""Every path of keys and user tokens."""

from django.urls import URLPattern, path

from api.access.views import KeysView, KeyView, PersonTokensView, RotationView

urlpatterns: list[URLPattern] = [
    path("keys/", KeysView.as_view()),
    path("keys/<int:keyid>/", KeyView.as_view()),
    path("keys/<int:keyid>/rotate/", RotationView.as_view()),
    path("people/<str:person>/tokens/", PersonTokensView.as_view()),
]
