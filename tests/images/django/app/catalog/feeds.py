from django.contrib.syndication.views import Feed

from .models import Product


class NewProducts(Feed):
    title = "New products"
    link = "/products/"
    description = "What came in last"

    def items(self):
        return Product.objects.order_by("-added")[:5]

    def item_description(self, item):
        return item.category.name
