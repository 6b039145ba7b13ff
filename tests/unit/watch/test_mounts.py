"""Mounts as the kernel lists them."""

from probes.watch.mounts import Mounted, parse_mountinfo

TEXT = r"""74 49 0:39 / / rw,relatime master:2 - overlay overlay rw,lowerdir=/l/A:/l/B
75 74 0:42 / /proc rw,nosuid - proc proc rw
92 74 254:0 /var/lib/volumes/x\040y/_data /data\011vol rw,relatime - ext4 /dev/vda rw
54 75 0:49 / /proc/acpi ro,relatime - tmpfs tmpfs ro
91 74 0:48 / /sys-data rw - tmpfs tmpfs rw
"""


def test_each_line_is_a_mount_with_its_escapes_undone():
    mounts = {mount.number: mount for mount in parse_mountinfo(TEXT)}
    assert mounts[74] == Mounted(74, "0:39", "/", "/", "overlay")
    assert mounts[92] == Mounted(92, "254:0", "/var/lib/volumes/x y/_data", "/data\tvol", "ext4")


def test_files_are_in_all_but_the_kernels_own_file_systems_and_what_hides_parts_of_them():
    assert [mount.target for mount in parse_mountinfo(TEXT) if mount.holds_files] == [
        "/",
        "/data\tvol",
        "/sys-data",
    ]
    assert [mount.kind for mount in parse_mountinfo(TEXT) if mount.is_kernels_own] == ["proc"]
