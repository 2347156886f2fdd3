"""The settings of currencies: one base, and the rates that convert prices to it."""

from __future__ import annotations

from pydantic import Field, PositiveFloat, field_validator, model_validator

from plait.config.project_sections import StrictModel
from plait.contracts.currency_codes import CURRENCY_CODES


def _check_code(code: str) -> str:
    if code not in CURRENCY_CODES:
        msg = f"{code!r:.40} is no currency code of ISO 4217, such as EUR"
        if code.upper() in CURRENCY_CODES:
            msg += f". Write {code.upper()}"
        raise ValueError(msg)
    return code


class CurrencySettings(StrictModel):
    """The base currency, in which prices are compared, and what other currencies are worth."""

    base: str = Field(
        description="The ISO 4217 code of the currency of `items.price_base`.",
        examples=["EUR"],
    )
    rates: dict[str, PositiveFloat] = Field(
        default_factory=dict,
        description="What one unit of each other currency, by ISO 4217 code, is worth. Unit: units "
        "of the base currency. Default: no other currency is converted.",
        examples=[{"USD": 0.92, "GBP": 1.17}],
    )

    @field_validator("base")
    @classmethod
    def _check_base(cls, base: str) -> str:
        return _check_code(base)

    @field_validator("rates")
    @classmethod
    def _check_rates(cls, rates: dict[str, float]) -> dict[str, float]:
        for code in rates:
            _check_code(code)
        return rates

    @model_validator(mode="after")
    def _check_rate_of_base(self) -> CurrencySettings:
        if self.rates.get(self.base, 1.0) != 1.0:
            msg = (
                f"rates.{self.base} is {self.rates[self.base]:g}, but one unit of the base is 1. "
                f"Remove rates.{self.base}, or name another base"
            )
            raise ValueError(msg)
        return self

    @property
    def table(self) -> dict[str, float]:
        """Units of the base currency per unit of every known currency, the base among them."""
        return {**self.rates, self.base: 1.0}
