"""Pictures that pass through without being decoded on this machine: a draft may have drawn them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from autogen_core import Image

from critique_loop.values import Picture

if TYPE_CHECKING:
    from PIL.Image import Image as DecodedImage


class SealedImage(Image):
    """An AutoGen image that keeps the bytes as they are.

    AutoGen's own decodes and encodes again. This one is decoded only by code that asks for
    ``image``, the pixels.
    """

    def __init__(self, picture: Picture) -> None:  # pyright: ignore[reportMissingSuperCall] -- it would decode
        """Keep the bytes of ``picture``."""
        self._picture = picture

    @property
    def image(self) -> DecodedImage:  # pyright: ignore[reportIncompatibleVariableOverride] -- made when asked for
        """The pixels, decoded now."""
        return Image.from_base64(self.to_base64()).image

    def to_base64(self) -> str:
        """Return the untouched bytes as base64."""
        return base64.b64encode(self._picture.data).decode("ascii")

    @property
    def data_uri(self) -> str:
        """The untouched bytes as a data URI."""
        return f"data:{self._picture.media_type};base64,{self.to_base64()}"


def picture_of(image: Image) -> Picture:
    """Return an AutoGen image as a picture of ours."""
    media_type = image.data_uri.partition(";")[0].removeprefix("data:")
    return Picture(base64.b64decode(image.to_base64()), media_type)
