"""Every path of a person by id; those of whoever asks are in api.urls."""

from django.urls import URLPattern, path

from api.people.views import ExportView, PersonView, ReceiptView

urlpatterns: list[URLPattern] = [
    path("<str:personid>/", PersonView.as_view()),
    path("<str:personid>/erasure/", ReceiptView.as_view()),
    path("<str:personid>/export/", ExportView.as_view()),
]
