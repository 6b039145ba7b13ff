"""A Python that no package owns, and distributions, for small images."""

from small_image import SmallImage

HOME = "/usr/local/lib/python3.11"
SITE = f"{HOME}/site-packages"
DEBIAN = "/usr/lib/python3/dist-packages"


def python(tmp_path, main=""):
    """An image whose application, /srv/app/main.py, ran on an unpackaged Python."""
    image = SmallImage(tmp_path).packages(base=["/etc/base"]).file("/etc/base")
    image.file(f"{HOME}/os.py").program("/usr/local/bin/python3.11", "")
    image.file("/srv/app/main.py", main)
    return image.used(f"{HOME}/os.py").starts("python3.11", "main.py", WorkingDir="/srv/app")


def distribution(image, project, modules, requires=(), site=SITE, more=None):
    """Install `project`: `modules` as names or as name → text, `more` as names of metadata → text."""
    texts = modules if isinstance(modules, dict) else dict.fromkeys(modules, "")
    info = f"{project}-1.0.dist-info"
    texts = {**texts, **{f"{info}/{name}": text for name, text in (more or {}).items()}}
    requirements = "".join(f"Requires-Dist: {name}\n" for name in requires)
    image.file(f"{site}/{info}/METADATA", f"Name: x\n{requirements}\n")
    for name, text in texts.items():
        image.file(f"{site}/{name}", text)
    names = [f"{info}/METADATA", f"{info}/RECORD", *texts]
    return image.file(f"{site}/{info}/RECORD", "".join(f"{name},,\n" for name in names))


def modules(image, base=SITE, **options):
    """The kept files below `base`, relative to it, metadata left aside."""
    kept = image.kept(**options)
    found = {path[len(base) + 1 :] for path in kept if path.startswith(base + "/")}
    return {path for path in found if ".dist-info/" not in path}
