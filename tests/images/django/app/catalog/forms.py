from django import forms
from django.utils.translation import gettext_lazy as _


class ContactForm(forms.Form):
    name = forms.CharField(label=_("name"))
    email = forms.EmailField()
    wanted = forms.DateField(required=False, widget=forms.SelectDateWidget)
    topic = forms.ChoiceField(choices=[("order", "Order"), ("other", "Other")], widget=forms.RadioSelect)
    message = forms.CharField(widget=forms.Textarea)
    copy = forms.BooleanField(required=False)


class UploadForm(forms.Form):
    file = forms.FileField()
