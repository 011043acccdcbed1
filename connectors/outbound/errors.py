"""What can go wrong with a delivery; no message holds anything of an event."""


class DeliveryError(Exception):
    """An event was not acknowledged; it stays in the outbox."""

    def __init__(self, receiver: str, reason: str) -> None:
        super().__init__(f"{receiver}: {reason}")
        self.receiver = receiver
        self.reason = reason


class ReceiverUnavailableError(DeliveryError):
    """Nobody knows whether the event arrived: send the same text again later."""


class OutOfOrderError(DeliveryError):
    """The receiver expects another event first: send from `expected_sequence` on."""

    def __init__(self, receiver: str, expected_sequence: int | None) -> None:
        super().__init__(receiver, f"expects the event with sequence {expected_sequence}")
        self.expected_sequence = expected_sequence


class DeliveryRefusedError(DeliveryError):
    """The receiver will never take the event as it is: an operator must look at it."""
