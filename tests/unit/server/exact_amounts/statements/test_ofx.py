"""What the OFX reader makes of the structure of a file."""

from __future__ import annotations

import pytest

from server.exact_amounts.entries.entry import AccountType
from server.exact_amounts.entries.problems import StatementRefused
from server.exact_amounts.entries.statement import (
    StatementAccount,
    StatementFile,
    StatementTransaction,
)
from server.exact_amounts.statements.ofx import read_ofx
from tests.fixtures.statements.make_statement import MadeAccount, MadeTransaction, ofx_statement

TWO = (
    MadeTransaction(posted_on="2026-02-03", amount="-42.10", bank_id="F-1", name="Harbour Grocers"),
    MadeTransaction(posted_on="2026-02-10", amount="1200.00", bank_id="F-2", memo="Salary"),
)


def read(*accounts: MadeAccount) -> StatementFile:
    return read_ofx(ofx_statement(accounts).decode())


def read_one(account: MadeAccount) -> StatementAccount:
    (only,) = read(account).accounts
    return only


def read_transaction(markup: str, currency: str = "USD") -> StatementTransaction:
    file = read_ofx(
        f"<OFX><BANKMSGSRSV1><STMTRS><CURDEF>{currency}<BANKTRANLIST><STMTTRN>{markup}</STMTTRN></BANKTRANLIST>"
        "</STMTRS></BANKMSGSRSV1></OFX>"
    )
    (transaction,) = file.accounts[0].statements[0].transactions
    return transaction


def reason(text: str) -> tuple[int, str]:
    with pytest.raises(StatementRefused) as refused:
        read_ofx(text)
    return refused.value.line, refused.value.what


def test_a_statement_gives_account_transactions_and_closing_balance() -> None:
    account = read_one(
        MadeAccount(
            account_id="4455",
            transactions=TWO,
            closing="-7.25",
            closing_on="2026-02-28",
            available="99.00",
        )
    )
    (statement,) = account.statements
    assert account.number == "100200300/4455"
    assert account.institution == "Bank of Invention"
    assert (account.account_type, account.currency) == (AccountType.CHECKING, "USD")
    assert [transaction.amount.literal() for transaction in statement.transactions] == [
        "-42.10",
        "1200.00",
    ]
    assert [transaction.description for transaction in statement.transactions] == [
        "Harbour Grocers",
        "Salary",
    ]
    assert [transaction.counterparty for transaction in statement.transactions] == [
        "Harbour Grocers",
        "",
    ]
    assert [transaction.bank_id for transaction in statement.transactions] == ["F-1", "F-2"]
    assert statement.opening is None
    assert statement.closing is not None
    assert (statement.closing.stated_on, statement.closing.balance.literal()) == (
        "2026-02-28",
        "-7.25",
    )
    assert (statement.first_day, statement.last_day) == ("2026-01-01", "2026-12-31")


@pytest.mark.parametrize(
    ("written", "account_type"),
    [
        ("CHECKING", AccountType.CHECKING),
        ("SAVINGS", AccountType.SAVINGS),
        ("MONEYMRKT", AccountType.SAVINGS),
        ("CREDITLINE", AccountType.LOAN),
        ("CREDITCARD", AccountType.CREDIT_CARD),
        ("INVESTMENT", AccountType.INVESTMENT),
        ("", AccountType.OTHER),
        ("GIRO", AccountType.OTHER),
    ],
)
def test_the_type_of_account_is_the_banks_word_or_other(
    written: str, account_type: AccountType
) -> None:
    account = read_one(MadeAccount(account_id="1", account_type=written, transactions=TWO))
    assert account.account_type is account_type
    assert len(account.statements[0].transactions) == 2


def test_statements_of_one_account_stand_in_one_account() -> None:
    january, february = (
        MadeAccount(account_id="1", transactions=TWO[:1]),
        MadeAccount(account_id="1", transactions=TWO[1:]),
    )
    file = read(january, MadeAccount(account_id="2"), february)
    assert [account.number for account in file.accounts] == ["100200300/1", "100200300/2"]
    assert [len(statement.transactions) for statement in file.accounts[0].statements] == [1, 1]


def test_accounts_of_one_number_but_another_type_are_two() -> None:
    file = read(MadeAccount(account_id="1"), MadeAccount(account_id="1", account_type="SAVINGS"))
    assert len(file.accounts) == 2


def test_a_transaction_knows_its_line() -> None:
    text = ofx_statement([MadeAccount(account_id="1", transactions=TWO)]).decode()
    for transaction in read_ofx(text).accounts[0].statements[0].transactions:
        assert text.splitlines()[transaction.line - 1] == "<STMTTRN>"


def test_equal_payments_stay_as_many_as_they_are() -> None:
    account = read_one(MadeAccount(account_id="1", transactions=TWO[:1] * 5))
    assert len(account.statements[0].transactions) == 5


def test_a_pending_transaction_is_told_apart() -> None:
    pending = MadeTransaction(posted_on="2026-02-11", amount="-1.00", name="Hold", pending=True)
    account = read_one(MadeAccount(account_id="1", transactions=(*TWO, pending)))
    assert [transaction.pending for transaction in account.statements[0].transactions] == [
        False,
        False,
        True,
    ]
    assert account.statements[0].transactions[2].posted_on == "2026-02-11"


def test_a_posted_transaction_in_a_list_of_pending_ones_is_pending() -> None:
    text = ofx_statement([MadeAccount(account_id="1", transactions=TWO)]).decode()
    file = read_ofx(text.replace("BANKTRANLIST>", "BANKTRANLISTP>"))
    assert all(transaction.pending for transaction in file.accounts[0].statements[0].transactions)


def test_the_sign_is_that_of_the_amount_whatever_the_kind_says() -> None:
    transaction = read_transaction("<TRNTYPE>DEBIT<DTPOSTED>20260203<TRNAMT>5.00")
    assert (transaction.amount.literal(), transaction.bank_kind) == ("5.00", "DEBIT")


def test_a_kind_that_the_specification_does_not_know_is_other() -> None:
    assert read_transaction("<TRNTYPE>12345.67<DTPOSTED>20260203<TRNAMT>5.00").bank_kind == "OTHER"
    assert read_transaction("<TRNTYPE>Credit<DTPOSTED>20260203<TRNAMT>5.00").bank_kind == "CREDIT"
    assert read_transaction("<DTPOSTED>20260203<TRNAMT>5.00").bank_kind == ""


@pytest.mark.parametrize(
    ("name", "memo", "description"),
    [
        ("Harbour Grocers", "", "Harbour Grocers"),
        ("", "Rent", "Rent"),
        ("", "", ""),
        ("Harbour Groc", "HARBOUR GROCERS PIER 4", "HARBOUR GROCERS PIER 4"),
        ("Harbour Grocers Pier 4", "grocers", "Harbour Grocers Pier 4"),
        ("Harbour Grocers", "Card 1234", "Harbour Grocers - Card 1234"),
    ],
)
def test_name_and_memo_make_one_description(name: str, memo: str, description: str) -> None:
    transaction = read_transaction(f"<DTPOSTED>20260203<TRNAMT>5.00<NAME>{name}<MEMO>{memo}")
    assert (transaction.description, transaction.counterparty) == (description, name)


@pytest.mark.parametrize(
    ("markup", "reference"),
    [
        ("<CHECKNUM>319<REFNUM>R-1", "319"),
        ("<CHECKNUM>000<REFNUM>R-1", "R-1"),
        ("<CHECKNUM>0", "0"),
        ("<REFNUM>R-1", "R-1"),
        ("", ""),
    ],
)
def test_the_reference_is_the_check_number_or_the_banks_reference(
    markup: str, reference: str
) -> None:
    assert read_transaction(f"<DTPOSTED>20260203<TRNAMT>5.00{markup}").reference == reference


def test_the_payee_of_an_aggregate_is_the_counterparty() -> None:
    payee = "<PAYEE><NAME>Ada<ADDR1>1 Mill Lane</PAYEE>"
    transaction = read_transaction(
        f"<DTPOSTED>20260203<TRNAMT>5{payee}<BANKACCTTO><BANKID>1</BANKACCTTO><MEMO>Rent"
    )
    assert (transaction.counterparty, transaction.description) == ("Ada", "Ada - Rent")


def test_elements_of_an_unknown_aggregate_are_not_the_transactions() -> None:
    markup = "<DTPOSTED>20260203<TRNAMT>5<X.BANK><NAME>no<TRNAMT>6</X.BANK><NAME>yes"
    transaction = read_transaction(markup)
    assert (transaction.amount.literal(), transaction.description) == ("5", "yes")


def test_an_original_currency_leaves_the_amount_in_the_accounts_currency() -> None:
    markup = "<DTPOSTED>20260203<TRNAMT>5<ORIGCURRENCY><CURRATE>1.1<CURSYM>EUR</ORIGCURRENCY>"
    transaction = read_transaction(markup)
    assert (transaction.amount.currency, transaction.original) == ("USD", None)


def test_entries_in_another_currency_stand_in_an_account_of_their_own_and_the_balance_is_no_anchor() -> (
    None
):
    euro = MadeTransaction(posted_on="2026-02-03", amount="-9.00", currency="EUR")
    file = read(MadeAccount(account_id="1", transactions=(*TWO, euro), closing="1.00"))
    assert [
        (account.currency, len(account.statements[0].transactions)) for account in file.accounts
    ] == [
        ("USD", 2),
        ("EUR", 1),
    ]
    assert [account.statements[0].closing for account in file.accounts] == [None, None]
    assert len(file.problems) == 1


def test_a_statement_without_a_currency_has_an_unknown_one() -> None:
    account = read_one(MadeAccount(account_id="1", currency="", transactions=TWO, closing="5.00"))
    assert account.currency == "XXX"
    assert {transaction.amount.currency for transaction in account.statements[0].transactions} == {
        "XXX"
    }


def test_a_statement_without_a_currency_takes_the_one_that_every_entry_names() -> None:
    made = (MadeTransaction(posted_on="2026-02-03", amount="-9.00", currency="AUD"),) * 2
    account = read_one(MadeAccount(account_id="1", currency="", transactions=made, closing="5.00"))
    assert account.currency == "AUD"
    assert account.statements[0].closing is not None
    assert account.statements[0].closing.balance.currency == "AUD"


def test_a_currency_that_is_not_known_is_told() -> None:
    file = read(MadeAccount(account_id="1", currency="ZZZ", transactions=TWO))
    assert file.accounts[0].currency == "XXX"
    assert [problem.what for problem in file.problems] == [
        "the statement's currency code is not known"
    ]


def test_a_currency_counts_wherever_in_the_statement_it_stands() -> None:
    text = ofx_statement([MadeAccount(account_id="1", transactions=TWO)]).decode()
    late = text.replace("<CURDEF>USD\n", "").replace("</STMTRS>", "<CURDEF>EUR\n</STMTRS>")
    assert read_ofx(late).accounts[0].statements[0].transactions[0].amount.currency == "EUR"


@pytest.mark.parametrize(
    "balance",
    [
        "<LEDGERBAL><BALAMT><DTASOF></LEDGERBAL>",
        "<LEDGERBAL><BALAMT/><DTASOF/></LEDGERBAL>",
        "<LEDGERBAL/>",
        "<LEDGERBAL><BALAMT>5.00<DTASOF>20260231</LEDGERBAL>",
        "<LEDGERBAL><BALAMT>5.00</LEDGERBAL>",
        "<LEDGERBAL><DTASOF>20260228</LEDGERBAL>",
        "<LEDGERBAL><BALAMT>n/a<DTASOF>20260228</LEDGERBAL>",
        "<LEDGERBAL><BALAMT>5.00<BALAMT>6.00<DTASOF>20260228</LEDGERBAL>",
        "<LEDGERBAL><BALAMT>5.00<DTASOF>20260228",
        "<LEDGERBAL><BALAMT>5.00<DTASOF>20260228<AVAILBAL><BALAMT>5.00<DTASOF>20260228</AVAILBAL>",
        "<LEDGERBAL><BALAMT>5.00<DTASOF>20260228</LEDGERBAL><LEDGERBAL><BALAMT>6.00<DTASOF>20260228</LEDGERBAL>",
    ],
)
def test_a_ledger_balance_without_a_certain_reading_is_no_anchor_and_is_told(balance: str) -> None:
    text = ofx_statement([MadeAccount(account_id="1", transactions=TWO)]).decode()
    file = read_ofx(text.replace("</STMTRS>", f"{balance}</STMTRS>"))
    assert file.accounts[0].statements[0].closing is None
    assert len(file.accounts[0].statements[0].transactions) == 2
    assert len(file.problems) == 1


def test_an_available_balance_is_never_an_anchor() -> None:
    file = read(MadeAccount(account_id="1", transactions=TWO, available="5.00"))
    assert file.accounts[0].statements[0].closing is None
    assert file.problems == ()


def test_trades_of_securities_are_told_once_per_statement_and_not_counted() -> None:
    text = ofx_statement(
        [MadeAccount(account_id="1", account_type="INVESTMENT", transactions=TWO)]
    ).decode()
    trade = "<BUYSTOCK><INVBUY><INVTRAN><FITID>T<DTTRADE>20260203</INVTRAN><TOTAL>-5.00</INVBUY></BUYSTOCK>\n"
    file = read_ofx(text.replace("</INVTRANLIST>", f"{trade}{trade}</INVTRANLIST>"))
    assert len(file.accounts[0].statements[0].transactions) == 2
    (problem,) = file.problems
    assert "<INVTRAN>" in text.replace("</INVTRANLIST>", trade).splitlines()[problem.line - 1]


def test_a_deleted_entry_is_told_and_no_entry() -> None:
    text = ofx_statement([MadeAccount(account_id="1", transactions=TWO)]).decode()
    file = read_ofx(
        text.replace("<FITID>F-1", "<FITID>F-1\n<CORRECTFITID>F-0\n<CORRECTACTION>DELETE")
    )
    assert [transaction.bank_id for transaction in file.accounts[0].statements[0].transactions] == [
        "F-2"
    ]
    assert len(file.problems) == 1


def test_a_file_without_a_statement_says_so() -> None:
    file = read_ofx("<OFX><SIGNONMSGSRSV1><SONRS></SONRS></SIGNONMSGSRSV1></OFX>")
    assert file.accounts == ()
    assert [(problem.line, problem.what) for problem in file.problems] == [
        (0, "the file holds no statement")
    ]


def test_two_documents_in_one_file_are_both_read() -> None:
    text = ofx_statement([MadeAccount(account_id="1", transactions=TWO)]).decode()
    other = ofx_statement(
        [MadeAccount(account_id="2", transactions=TWO)], institution="Other Bank"
    ).decode()
    assert [account.institution for account in read_ofx(text + other).accounts] == [
        "Bank of Invention",
        "Other Bank",
    ]


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("OFXHEADER:100\n", 0, "an OFX header without content"),
        ("<OFX>\n<STMTTRN></STMTTRN></OFX>", 2, "a transaction stands outside of any statement"),
        ("<OFX>\n</STMTTRN></OFX>", 2, "a transaction ends that did not begin"),
        ("<OFX>\n\n<STMTRS>", 3, "the file ends within a statement"),
        ("<OFX></OFX>\n<STMTRS></STMTRS>", 2, "a statement stands outside of the OFX element"),
        ("<OFX>\n</STMTRS></OFX>", 2, "a statement ends that did not begin"),
        ("<OFX><STMTRS>\n<STMTRS></STMTRS></OFX>", 2, "a statement begins within another"),
        ("<OFX><STMTRS>\n</OFX></STMTRS>", 2, "a statement does not end"),
        ("<OFX><STMTRS><BANKTRANLIST>\n</STMTRS></OFX>", 2, "a list of transactions does not end"),
        (
            "<OFX><STMTRS><BANKTRANLIST>\n<BANKTRANLIST></STMTRS></OFX>",
            2,
            "a list of transactions does not end",
        ),
        (
            "<OFX><STMTRS>\n</BANKTRANLIST></STMTRS></OFX>",
            2,
            "a list of transactions ends that did not begin",
        ),
        ("<OFX><STMTRS><BANKTRANLIST>\n<STMTTRN></STMTRS></OFX>", 2, "a transaction does not end"),
        ("<OFX><STMTRS>\n<STMTTRN/></STMTRS></OFX>", 2, "a transaction does not end"),
        ("<OFX><BANKMSGSRSV1>\n", 2, "the file ends before its closing tag"),
        ("<OFX><STMTRS></STMTRS>\n\n", 3, "the file ends before its closing tag"),
        ("<OFX>\n<!-- ", 2, "a comment or CDATA section does not end"),
        ("<OFX>\n<![CDATA[", 2, "a comment or CDATA section does not end"),
        ("<!DOCTYPE OFX [\n<!ENTITY a 'b'>]><OFX></OFX>", 2, "the file declares entities"),
    ],
)
def test_a_damaged_structure_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    assert reason(text) == (line, what)


@pytest.mark.parametrize(
    ("markup", "what"),
    [
        ("<TRNAMT>5", "a transaction has no date"),
        ("<DTPOSTED><TRNAMT>5", "a transaction's date can't be read"),
        ("<DTPOSTED>20260203", "a transaction has no amount"),
        ("<DTPOSTED>20260203<TRNAMT>", "an amount can't be read"),
        ("<DTPOSTED>20260203<TRNAMT>1,234", "an amount has two readings: thousands or decimals"),
        ("<DTPOSTED>20260203<TRNAMT>5<TRNAMT>6", "a transaction has an element twice"),
        ("<DTPOSTED>20260203<DTPOSTED>20260204<TRNAMT>6", "a transaction has an element twice"),
        ("<DTPOSTED>20260203<TRNAMT>12</.34</TRNAMT>", "an amount can't be read"),
        ("<DTPOSTED>20260203<TRNAMT>12</TRNAMT>.34", "a transaction's markup is damaged"),
        ("<DTPOSTED>20260203<TRNAMT>12</TRNAMNT>", "a transaction's markup is damaged"),
        ("lost<DTPOSTED>20260203<TRNAMT 12<NAME>x</PAYEE>", "a transaction's markup is damaged"),
        ("<DTPOSTED>20260203<TRNAMT 5<NAME>x", "a transaction's date can't be read"),
        ("<DTPOSTED>20260203<TRNAMT>5<STMTTRN><NAME>x", "a transaction does not end"),
        (
            "<DTPOSTED>20260203<TRNAMT>5<CURRENCY><CURSYM>ZZZ</CURRENCY>",
            "a transaction is in a currency that is not known",
        ),
    ],
)
def test_a_damaged_transaction_is_refused_with_its_line(markup: str, what: str) -> None:
    text = f"<OFX>\n<STMTRS>\n<CURDEF>USD\n<STMTTRN>{markup}</STMTTRN></STMTRS></OFX>"
    assert reason(text) == (4, what)
