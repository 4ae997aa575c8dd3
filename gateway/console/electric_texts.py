"""The texts about feeders, charging and power that is taken: see texts.py."""

from collections.abc import Mapping
from types import MappingProxyType

ELECTRIC: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "category.electric": ("用电安全", "Electricity"),
        "rule.feeder_overload": ("线路过载", "Feeder overloaded"),
        "rule.feeder_overload_ahead": ("线路即将过载", "Feeder soon overloaded"),
        "rule.feeder_imbalance": ("三相不平衡", "Phases loaded unequally"),
        "rule.ebike_charging": ("疑似电动车违规充电", "E-bike charged where it must not be"),
        "rule.power_theft": ("公共用电异常", "Power drawn off hours"),
        "measure.load_pct": ("为额定的 {value}%", "{value} % of the rating"),
        "measure.peak_pct": ("最高 {value}%", "{value} % at the most"),
        "measure.rating_a": ("额定 {value} 安", "rated {value} A"),
        "measure.sharp_pct": ("{value}% 时立即起报", "told at once at {value} %"),
        "measure.lead_min": ("约 {value} 分钟后", "in about {value} min"),
        "measure.ahead_min": ("提前 {value} 分钟以内", "{value} min ahead at the most"),
        "measure.apart_pct": ("三相相差 {value}%", "phases {value} % apart"),
        "measure.neutral_a": ("零线 {value} 安", "{value} A in the neutral"),
        "measure.charger_w": ("充电功率约 {value} 瓦", "charger about {value} W"),
        "measure.base_w": ("此前 {value} 瓦", "{value} W before it"),
        "measure.proof": ("依据：{value}", "shown by its {value}"),
        "measure.plateau_h": ("平稳 {value} 小时以上", "steady for {value} h"),
        "measure.watts": ("现为 {value} 瓦", "{value} W now"),
        "measure.energy_kwh": ("共 {value} 度", "{value} kWh in all"),
        "measure.limit_w": ("上限 {value} 瓦", "limit {value} W"),
    }
)
