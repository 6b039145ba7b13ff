import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "closure"))  # small_image: images on disk, and their plans
