from django.test import TestCase

from .models import Change, Product


class ProductTest(TestCase):
    fixtures = ["demo"]

    def test_pages(self):
        self.assertContains(self.client.get("/products/"), "Atlas")
        self.assertTemplateUsed(self.client.get("/contact/"), "catalog/contact.html")

    def test_changes_are_noted(self):
        Product.objects.get(slug="atlas").save()
        self.assertEqual(Change.objects.count(), 1)
