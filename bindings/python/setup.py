"""Puts librtm.so into the wheel: MGM_LIBRARY is its path. Without it the wheel has none, and
the package uses the one that is installed on the system."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # before setuptools 70
    from wheel.bdist_wheel import bdist_wheel

LIBRARY = os.environ.get("MGM_LIBRARY")


def platform_tag(library: str) -> str:
    """manylinux and the newest glibc that the library asks for, with the machine's name."""
    versions = subprocess.run(
        ["readelf", "--version-info", "--wide", library], check=True, capture_output=True, text=True
    ).stdout
    found = re.findall(r"GLIBC_(\d+)\.(\d+)", versions)
    if not found:
        raise SystemExit(f"{library} asks for no version of glibc: no manylinux wheel")
    major, minor = max((int(major), int(minor)) for major, minor in found)
    return f"manylinux_{major}_{minor}_{platform.machine()}"


class BuildPy(build_py):
    def run(self) -> None:
        super().run()
        if LIBRARY:
            to = Path(self.build_lib) / "mgm" / "librtm.so.1"
            shutil.copyfile(LIBRARY, to)
            to.chmod(0o755)


class BdistWheel(bdist_wheel):
    def get_tag(self) -> tuple[str, str, str]:
        # ctypes: of any Python, of one platform.
        return ("py3", "none", platform_tag(LIBRARY) if LIBRARY else "any")


class WithLibrary(Distribution):
    def has_ext_modules(self) -> bool:
        return bool(LIBRARY)


setup(cmdclass={"build_py": BuildPy, "bdist_wheel": BdistWheel}, distclass=WithLibrary)
