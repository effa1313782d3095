"""
`pennyvault balance`: a balance that a person states, or an explicit adjustment with its reason.

Neither shows an amount: what was typed is known, and what it proves is said in words.
"""

from __future__ import annotations

from argparse import Namespace

import msgspec

from excel_client.command_line.account_choice import choose_account
from excel_client.command_line.connection import connect
from excel_client.command_line.printing import ProgressLine, printable
from excel_client.command_line.surroundings import Surroundings
from excel_client.problems import AnswerNotReadable, ExitCode, UsageProblem
from excel_client.server_api import ServerApi, new_idempotency_key
from excel_client.wire_format import Account, StatedBatch

__all__ = ["balance"]


def balance(flags: Namespace, around: Surroundings) -> ExitCode:
    """State a balance, or add an adjustment, and say what the account's proof reads then."""
    if (flags.adjust is None) != (flags.reason is None):
        raise UsageProblem(what="--adjust AMOUNT and --reason TEXT belong together")
    with connect(flags, around) as api, ProgressLine(around.stderr, "Asking the server"):
        account = choose_account(flags.account, api.accounts().accounts, around)
        stated = _state(flags, account, api)
        after = _again(account, api)
    if flags.json:
        document = {
            "batch": stated.batch,
            "version": stated.version,
            "account_id": after.id,
            "account": after.name,
            "on": flags.date,
            "proof": after.proof,
        }
        around.say(msgspec.json.encode(document).decode())
        return ExitCode.DONE
    done = "the balance is stated"
    if flags.adjust is not None:
        stays = after.adjustments > account.adjustments
        done = "the adjustment is made"
        if not stays:
            done += ", and one that is no longer needed was cleared"
    around.say(f"{printable(after.name)}, {flags.date}: {done}. {proof_in_words(after)}")
    around.say(f"To take it back: pennyvault undo {printable(stated.batch)}")
    return ExitCode.DONE


def _state(flags: Namespace, account: Account, api: ServerApi) -> StatedBatch:
    key = new_idempotency_key()
    if flags.adjust is None:
        return api.state_balance(account.id, flags.date, flags.amount, idempotency_key=key)
    return api.adjust(account.id, flags.date, flags.adjust, flags.reason, idempotency_key=key)


def _again(account: Account, api: ServerApi) -> Account:
    for each in api.accounts().accounts:
        if each.id == account.id:
            return each
    raise AnswerNotReadable


def proof_in_words(account: Account) -> str:
    """Return how an account stands, without an amount."""
    match account.proof:
        case "proven" if account.adjustments:
            noun = "adjustment" if account.adjustments == 1 else "adjustments"
            return f"The account is proven, with {account.adjustments} {noun}."
        case "proven":
            return "The account is proven."
        case "differs":
            return "The account differs; pennyvault status --explain shows what may be wrong."
        case "not yet proven":
            return "The account is not yet proven: that takes the balances of two days."
        case _:
            return f"The account's proof says: {printable(account.proof)}."
