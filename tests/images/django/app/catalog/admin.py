from django.contrib import admin

from .models import Category, Change, Product


class ChangeInline(admin.TabularInline):
    model = Change
    extra = 0


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    search_fields = ["name"]


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "category", "price", "added"]
    list_filter = ["category", "added"]
    search_fields = ["name"]
    date_hierarchy = "added"
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["category"]
    inlines = [ChangeInline]
