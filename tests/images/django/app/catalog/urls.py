from django.urls import path

from . import views
from .feeds import NewProducts

urlpatterns = [
    path("", views.home, name="home"),
    path("products/", views.Products.as_view(), name="products"),
    path("products/<slug:slug>/", views.Detail.as_view(), name="product"),
    path("archive/<int:year>/", views.Archive.as_view(), name="archive"),
    path("contact/", views.Contact.as_view(), name="contact"),
    path("cart/<slug:slug>/", views.cart, name="cart"),
    path("upload/", views.upload, name="upload"),
    path("api/products/", views.api, name="api"),
    path("export/<str:form>/", views.export, name="export"),
    path("feed/", NewProducts(), name="feed"),
    path("time/<path:zone>/", views.time, name="time"),
    path("slow/", views.slow, name="slow"),
    path("account/", views.account, name="account"),
    path("broken/", views.broken, name="broken"),
]
