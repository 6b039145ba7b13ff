"""The .NET profile: a framework whole, nothing that only builds read."""

from small_image import SmallImage

ROOT = "/usr/share/dotnet"


def test_a_used_runtime_keeps_its_frameworks_and_no_sdk(tmp_path):
    image = SmallImage(tmp_path / "image").program(f"{ROOT}/dotnet", "x").file("/srv/app/app.dll", "x")
    framework = f"{ROOT}/shared/Microsoft.NETCore.App/8.0.1"
    others = ("sdk/8.0.100/dotnet.dll", "packs/ref.dll", "host/fxr/8.0.1/libhostfxr.so")
    for path in (
        f"{framework}/System.Xml.dll",
        f"{framework}/System.pdb",
        *(f"{ROOT}/{path}" for path in others),
    ):
        image.file(path, "x")
    image.file("/usr/lib/x86_64-linux-gnu/libssl.so.3", "x")
    image.packages(libssl=["/usr/lib/x86_64-linux-gnu/libssl.so.3"])
    image.used(f"{ROOT}/host/fxr/8.0.1/libhostfxr.so").executed(f"{ROOT}/dotnet").used("/srv/app/app.dll")
    kept = image.starts(f"{ROOT}/dotnet", "/srv/app/app.dll").kept()
    assert {
        f"{framework}/System.Xml.dll",
        "/usr/lib/x86_64-linux-gnu/libssl.so.3",
        "/srv/app/app.dll",
    } <= set(kept)
    for path in (f"{ROOT}/sdk/8.0.100/dotnet.dll", f"{ROOT}/packs/ref.dll", f"{framework}/System.pdb"):
        assert path not in kept
