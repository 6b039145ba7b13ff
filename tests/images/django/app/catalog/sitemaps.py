from django.contrib.sitemaps import Sitemap

from .models import Product


class ProductSitemap(Sitemap):
    changefreq = "weekly"

    def items(self):
        return Product.objects.all()

    def lastmod(self, item):
        return item.added


SITEMAPS = {"products": ProductSitemap}
