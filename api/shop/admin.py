"""Products can be edited, and are carried over as any other change; orders are read, with their lines."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from api.read_only_admin import ReadOnlyAdmin, table
from api.shop.models import Order, Product

admin.site.site_header = admin.site.site_title = "Vitrine"
admin.site.index_title = "Tables in Postgres"
# The header's link would lead to a path that serves nothing.
admin.site.site_url = None


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ("product_id", "name", "category_id", "price", "in_stock", "created_at")
    list_filter = ("in_stock", "category_id")
    search_fields = ("product_id__startswith", "name__icontains")
    search_help_text = "The beginning of an id, or a part of the name"
    show_full_result_count = False

    def get_readonly_fields(self, _request: HttpRequest, obj: Product | None = None) -> tuple[str, ...]:
        """The id of a product that is there stays: with another one, it would be saved as a second product."""
        return ("product_id",) if obj else ()

    def has_delete_permission(self, _request: HttpRequest, _obj: Product | None = None) -> bool:
        """Order lines refer to it. What is no longer sold is not in stock."""
        return False


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ("order_id", "user_id", "ordered_at")
    list_filter = ("ordered_at",)
    search_fields = ("order_id__startswith", "user_id__startswith")
    search_help_text = "The beginning of the id of an order or a user"
    fields = ("order_id", "user_id", "ordered_at", "lines")

    @admin.display
    def lines(self, order: Order) -> SafeString:
        items = order.items.select_related("product").order_by("product_id")
        return table(
            ("Product", "Name", "Category", "Quantity", "Price now"),
            (
                (item.product_id, item.product.name, item.product.category_id, item.quantity, item.product.price)
                for item in items
            ),
        )
