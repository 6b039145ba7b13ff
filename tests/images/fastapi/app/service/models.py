from datetime import date
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, EmailStr, Field, HttpUrl, SecretStr, field_validator


class Colour(str, Enum):
    red = "red"
    blue = "blue"


class Owner(BaseModel):
    email: EmailStr
    site: HttpUrl | None = None
    born: date | None = None
    address: IPv4Address | None = None


class Item(BaseModel):
    name: Annotated[str, Field(min_length=2, pattern=r"^\w+$")]
    price: Decimal = Field(gt=0, decimal_places=2)
    colour: Colour = Colour.red
    kind: Literal["new", "used"] = "new"
    owner: Owner
    token: SecretStr | None = None
    number: UUID | None = None

    @field_validator("name")
    @classmethod
    def not_reserved(cls, name):
        if name == "reserved":
            raise ValueError("this name is reserved")
        return name
