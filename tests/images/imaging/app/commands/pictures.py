import io
from pathlib import Path

from PIL import Image

DATA = Path(__file__).parent.parent / "data"


def _picture(mode="RGB"):
    return Image.radial_gradient("L").resize((32, 32)).convert(mode)


def thumbnail():
    with Image.open(DATA / "logo.png") as picture:
        picture.thumbnail((4, 4))
        out = io.BytesIO()
        picture.save(out, "PNG")
    print(picture.size, out.getvalue()[1:4].decode())


def formats():
    for name in (
        "JPEG",
        "GIF",
        "WEBP",
        "TIFF",
        "BMP",
        "ICO",
        "PPM",
        "TGA",
        "PCX",
        "JPEG2000",
        "PDF",
        "EPS",
        "AVIF",
    ):
        out = io.BytesIO()
        _picture().save(out, name)
        if name in ("PDF", "EPS"):
            print(name, out.getvalue()[1:4])
            continue
        out.seek(0)
        with Image.open(out) as back:
            back.load()
            print(name, back.format, back.size)
    out = io.BytesIO()
    _picture().save(out, "TIFF", compression="tiff_lzw")
    frames = [_picture("P"), _picture("P").rotate(45)]
    frames[0].save(out := io.BytesIO(), "GIF", save_all=True, append_images=frames[1:])
    print(Image.open(out).n_frames, len(Image.registered_extensions()) > 60)


def text():
    from PIL import ImageDraw, ImageFont, features

    picture = Image.new("RGB", (200, 40), "white")
    font = ImageFont.truetype("DejaVuSans-Bold.ttf", 20)
    ImageDraw.Draw(picture).text((2, 2), "Grüße", fill="black", font=font)
    print(font.getname(), picture.getbbox(), min(picture.convert("L").getdata()))
    ImageDraw.Draw(picture).text((2, 2), "plain", font=ImageFont.load_default())
    print(font.getlength("a") > 5, features.check("raqm"), features.check("freetype2"))


def filters():
    from PIL import ImageChops, ImageEnhance, ImageFilter, ImageOps, ImageStat

    picture = _picture()
    print(ImageStat.Stat(picture.filter(ImageFilter.GaussianBlur(2))).mean[0] > 0)
    print(ImageOps.autocontrast(picture).getextrema()[0], ImageChops.invert(picture).size)
    print(ImageEnhance.Sharpness(picture).enhance(2).mode, picture.quantize(8).mode)


def drawn():
    from PIL import ImageColor, ImageDraw, ImageMath, ImageMorph, ImagePalette, ImageSequence, ImageTransform

    picture = Image.new("RGBA", (20, 20))
    ImageDraw.Draw(picture).rounded_rectangle((2, 2, 18, 18), 4, fill=ImageColor.getrgb("hsl(120, 50%, 50%)"))
    print(picture.getpixel((10, 10)), ImagePalette.sepia().mode)
    print(picture.transform((20, 20), ImageTransform.AffineTransform((1, 0, 2, 0, 1, 0))).size)
    print(ImageMorph.LutBuilder(op_name="corner").build_lut()[:3], ImageMath.__name__)
    print(len(list(ImageSequence.Iterator(picture))))


def profiles():
    from PIL import ImageCms

    srgb = ImageCms.createProfile("sRGB")
    print(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(srgb)).strip())
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "a picture"
    _picture().save(out, "JPEG", exif=exif)
    print(dict(Image.open(out).getexif()))


def broken():
    try:
        Image.open(io.BytesIO(b"no picture"))
    except Image.UnidentifiedImageError as error:
        print(type(error).__name__)
    Image.open(DATA / "missing.png")
