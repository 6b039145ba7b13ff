from django.core.management.base import BaseCommand, CommandError

from catalog.models import Product


class Command(BaseCommand):
    help = "Prints a report in one of some formats."

    def add_arguments(self, parser):
        parser.add_argument("format")

    def handle(self, *args, **options):
        rows = [{"name": product.name, "price": str(product.price)} for product in Product.objects.all()[:2]]
        if options["format"] == "json":
            import json

            self.stdout.write(json.dumps(rows))
        elif options["format"] == "text":
            import textwrap

            self.stdout.write(textwrap.indent("\n".join(row["name"] for row in rows), "- "))
        else:
            raise CommandError("no such format")
