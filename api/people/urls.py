"""Every path of a person by id; those of whoever asks are in api.urls."""

from django.urls import URLPattern, path

from api.people.views import ExportView, MergeView, PersonView, ReceiptView, UnmergeView

urlpatterns: list[URLPattern] = [
    # Somebody of this name is erased here as elsewhere.
    path("merge/", MergeView.as_view(), {"personid": "merge"}),
    path("unmerge/", UnmergeView.as_view(), {"personid": "unmerge"}),
    path("<str:personid>/", PersonView.as_view()),
    path("<str:personid>/erasure/", ReceiptView.as_view()),
    path("<str:personid>/export/", ExportView.as_view()),
]
