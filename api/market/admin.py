"""What is known of the market, to look at: the pipelines write it."""

from django.contrib import admin
from django.utils.safestring import SafeString

from api.market.models import Business, Category, County, Landing, Population, RejectedRow, State
from api.read_only_admin import ReadOnlyAdmin, table

_RATINGS_SHOWN = 30


@admin.register(State)
class StateAdmin(ReadOnlyAdmin):
    list_display = ("state_id", "name", "region", "division", "capital")
    list_filter = ("region",)
    search_fields = ("name", "state_id__exact")


@admin.register(County)
class CountyAdmin(ReadOnlyAdmin):
    list_display = ("county_id", "name", "state")
    list_filter = ("state",)
    list_select_related = ("state",)
    search_fields = ("name", "county_id__startswith")


@admin.register(Population)
class PopulationAdmin(ReadOnlyAdmin):
    list_display = ("population_id", "state", "county", "year", "population")
    list_filter = ("year", "state")
    list_select_related = ("state", "county")


@admin.register(Category)
class CategoryAdmin(ReadOnlyAdmin):
    list_display = ("category_id", "title")
    search_fields = ("title",)


@admin.register(Business)
class BusinessAdmin(ReadOnlyAdmin):
    list_display = ("name", "city", "state", "is_closed", "last_seen_on")
    list_filter = ("state", "is_closed")
    list_select_related = ("state",)
    search_fields = ("name", "business_id__exact")
    fields = (
        *("business_id", "name", "city", "zip_code", "state", "latitude", "longitude", "price", "phone"),
        *("is_closed", "last_seen_on", "in_categories", "newest_ratings"),
    )

    @admin.display(description="categories")
    def in_categories(self, business: Business) -> str:
        return ", ".join(business.categories.values_list("title", flat=True))

    @admin.display(description="ratings")
    def newest_ratings(self, business: Business) -> SafeString:
        newest = business.ratings.order_by("-day")[:_RATINGS_SHOWN]
        return table(("Day", "Rating", "Reviews"), ((each.day, each.rating, each.reviews) for each in newest))


@admin.register(Landing)
class LandingAdmin(ReadOnlyAdmin):
    list_display = ("source", "part", "day", "landed_at")
    list_filter = ("source", "day")


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnlyAdmin):
    list_display = ("source", "day", "reason")
    list_filter = ("source", "day")
