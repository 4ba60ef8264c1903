"""A student's phone with a card on it, by the whole journey."""

from dataclasses import dataclass

from devstack.journey.student import StudentClient
from devstack.journey.wallet import Pack, WalletClient
from devstack.stack import Stack


@dataclass(frozen=True, slots=True)
class Shower:
    """A phone whose card can be shown; whoever has it closes it."""

    phone: WalletClient
    pack: Pack
    order_id: str

    def shown(self) -> str:
        return self.phone.show(self.pack)


async def shower_of(stack: Stack, subject: str) -> Shower:
    phone = WalletClient(stack.addresses)
    async with await StudentClient.sign_in(stack.addresses, subject) as student:
        placed = await student.place_order()
        order = await student.wait_for(placed["order_id"], "READY")
        activation = order["activation"]
        card, grant = await phone.activate(activation["qr_payload"], activation["activation_code"])
        await student.wait_for(placed["order_id"], "ACTIVATED")
    return Shower(phone, await phone.store_pack(card, grant.credential_id), placed["order_id"])
