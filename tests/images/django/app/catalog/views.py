import asyncio

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import DetailView, FormView, ListView, YearArchiveView

from .forms import ContactForm, UploadForm
from .models import Product


def home(request):
    return render(request, "catalog/home.html")


class Products(ListView):
    model = Product
    paginate_by = 4
    paginator_class = Paginator

    def get_queryset(self):
        found = super().get_queryset().select_related("category")
        if "q" in self.request.GET:
            found = found.filter(name__icontains=self.request.GET["q"])
        return found


class Detail(DetailView):
    model = Product


class Archive(YearArchiveView):
    model = Product
    date_field = "added"
    make_object_list = True


class Contact(FormView):
    form_class = ContactForm
    template_name = "catalog/contact.html"
    success_url = reverse_lazy("home")

    def form_valid(self, form):
        text = render_to_string("catalog/mail.txt", form.cleaned_data)
        mail = EmailMultiAlternatives(_("Thank you"), text, to=[form.cleaned_data["email"]])
        mail.attach_alternative(f"<p>{text}</p>", "text/html")
        mail.attach("terms.txt", "The terms", "text/plain")
        mail.send()
        messages.success(self.request, _("Thank you"))
        return super().form_valid(form)


def cart(request, slug):
    product = get_object_or_404(Product, slug=slug)
    chosen = request.session.setdefault("cart", [])
    chosen.append(product.slug)
    request.session.modified = True
    messages.info(request, f"{product} is in the cart")
    return redirect("home")


def upload(request):
    form = UploadForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        sent = form.cleaned_data["file"]
        name = default_storage.save(sent.name, sent)
        return JsonResponse({"name": name, "size": default_storage.size(name), "type": sent.content_type})
    return render(request, "catalog/upload.html", {"form": form})


def api(request):
    from django.db.models import Avg, Count
    from django.db.models.functions import TruncMonth

    months = Product.objects.annotate(month=TruncMonth("added")).values("month")
    counted = months.annotate(count=Count("id"), mean=Avg("price")).order_by("month")
    hits = cache.incr("hits") if cache.add("hits", 0) or True else 0
    return JsonResponse({"months": list(counted), "hits": hits})


def export(request, form):
    products = Product.objects.values_list("name", "price")
    if form == "csv":
        import csv

        response = HttpResponse(content_type="text/csv", headers={"Content-Disposition": "attachment"})
        csv.writer(response).writerows(products)
        return response
    if form == "zip":
        import io
        import zipfile

        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for name, price in products:
                file.writestr(f"{name}.txt", str(price))
        archive.seek(0)
        return FileResponse(archive, as_attachment=True, filename="products.zip")
    if form in ("json", "xml"):
        from django.core import serializers

        return HttpResponse(serializers.serialize(form, Product.objects.all()), f"application/{form}")
    raise Http404(form)


def time(request, zone):
    with timezone.override(zone):
        moment = timezone.localtime(Product.objects.earliest("added").added)
        return render(request, "catalog/time.html", {"moment": moment})


async def slow(request):
    await asyncio.sleep(0.01)
    return JsonResponse({"count": await Product.objects.acount()})


@login_required
def account(request):
    return HttpResponse(request.user.get_username())


def broken(request):
    return HttpResponse(1 / 0)
