"""What the API serves, and the shop's pages beside it. The root of the development settings."""

from django.urls import path

from api.urls import urlpatterns as of_the_api
from storefront import views

urlpatterns = [
    *of_the_api,
    path("", views.home),
    path("products/<str:product_id>/", views.product, name="product"),
    path("cards/", views.cards),
    path("pictures/<str:product_id>.svg", views.picture, name="picture"),
    path("cart/", views.cart, name="cart"),
    path("orders/", views.order, name="order"),
    path("orders/<str:order_id>/", views.thanks, name="thanks"),
    path("sign-in/", views.sign_in, name="sign-in"),
]
