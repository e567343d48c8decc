"""Keys are made, rotated and revoked here; a key is shown once, on the page that follows."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from api.access import actions as access
from api.access.models import Key, Revocation, Signer
from api.access.scopes import Scope


class KeyForm(forms.ModelForm):
    scopes = forms.MultipleChoiceField(
        choices=[(str(scope), str(scope)) for scope in Scope], widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Key
        fields = ("name", "kind", "scopes", "origins", "requests_per_minute", "expires_at")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            access.check_key(Key(**{name: cleaned[name] for name in self.Meta.fields}))
        return cleaned


@admin.register(Key)
class KeyAdmin(admin.ModelAdmin):
    form = KeyForm
    list_display = ("name", "kind", "ending", "scopes", "expires_at", "revoked_at", "last_used_at")
    list_filter = ("kind", "revoked_at")
    search_fields = ("name", "ending")
    actions = ("rotate", "revoke")

    def has_change_permission(self, _request: HttpRequest, obj: Key | None = None) -> bool:
        """A key is what it was made as: another one is made for what else is wanted."""
        return obj is None

    def has_delete_permission(self, _request: HttpRequest, _obj: Key | None = None) -> bool:
        """What was revoked stays to be seen."""
        return False

    def save_model(self, request: HttpRequest, obj: Key, _form: forms.ModelForm, _change: bool) -> None:
        request.new_key = access.make_key(obj)  # type: ignore[attr-defined] # for the answer, and for nothing else

    def response_add(self, request: HttpRequest, obj: Key, post_url_continue: str | None = None) -> HttpResponse:  # noqa: ARG002
        return self._shown_once(request, [(obj, request.new_key)])  # type: ignore[attr-defined]

    @admin.action(description="Rotate: a new key; the old one is valid for 7 days more", permissions=["add"])
    def rotate(self, request: HttpRequest, chosen: QuerySet[Key]) -> HttpResponse | None:
        shown = []
        for old in chosen:
            try:
                shown.append(access.rotate_key(old))
            except ValidationError as error:
                self.message_user(request, f"{old}: {' '.join(error.messages)}", messages.ERROR)
        return self._shown_once(request, shown) if shown else None

    @admin.action(description="Revoke: refused everywhere within a second", permissions=["add"])
    def revoke(self, request: HttpRequest, chosen: QuerySet[Key]) -> None:
        self.message_user(request, f"{access.revoke_keys(chosen)} revoked")

    def _shown_once(self, request: HttpRequest, shown: list[tuple[Key, str]]) -> HttpResponse:
        """On a page of its own: Django's messages would keep the key in a cookie or in a session."""
        context = {**admin.site.each_context(request), "title": "New key", "shown": shown}
        return TemplateResponse(request, "access/key_shown.html", context)


@admin.register(Signer)
class SignerAdmin(admin.ModelAdmin):
    list_display = ("kid", "created_at")

    def has_change_permission(self, _request: HttpRequest, obj: Signer | None = None) -> bool:
        """Tokens of another key have another kid."""
        return obj is None


@admin.register(Revocation)
class RevocationAdmin(admin.ModelAdmin):
    list_display = ("person", "revoked_at")
    search_fields = ("person__startswith",)
    fields = ("person",)

    def has_change_permission(self, _request: HttpRequest, obj: Revocation | None = None) -> bool:
        return obj is None

    def has_delete_permission(self, _request: HttpRequest, _obj: Revocation | None = None) -> bool:
        """What was revoked stays so: its tokens end within the hour anyway."""
        return False

    def save_model(self, _request: HttpRequest, obj: Revocation, _form: forms.ModelForm, _change: bool) -> None:
        access.revoke_tokens(obj.person)
