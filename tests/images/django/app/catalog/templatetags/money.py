from django import template
from django.utils.formats import number_format
from django.utils.html import format_html

register = template.Library()


@register.filter
def euros(amount):
    return format_html("<b>{}&nbsp;€</b>", number_format(amount, 2))


@register.inclusion_tag("catalog/_stars.html")
def stars(count):
    return {"stars": range(count)}
