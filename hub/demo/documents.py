"""The questions that the demonstration asks; the same ones stand in `examples/`."""

from typing import Final

WORKLIST: Final = """
query Worklist($first: Int!) {
  warnings(first: $first) {
    edges {
      node {
        recordId
        band
        total
        urgent
        dueOn
        household {
          id
          region
          score { coverage reasons { points textZh textEn source } }
        }
      }
    }
  }
}
"""

ONE_FAMILY: Final = """
query OneFamily($nationalId: String!) {
  person(nationalId: $nationalId) {
    id
    population { name birthDate phone }
    medicalEnrolments { scheme status }
    medicalSettlements { selfPaidBand selfPaidCents }
    disabilityCertificates { severe category level }
    schoolRolls { stage grade status }
    household {
      id
      region
      score { total band coverage }
      members { relation person { population { birthYear } } }
    }
  }
}
"""

RECOGNISE: Final = """
mutation Recognise($input: RecognitionInput!) {
  recognise(input: $input) { people messageIds closedAlertId }
}
"""

WHO_READ: Final = """
query WhoRead($subject: String!, $first: Int!) {
  accessLog(subject: $subject, first: $first) {
    edges { node { index at kind department role purpose fields denied } }
  }
}
"""

APPLICANTS: Final = """
query Applicants($id: ID!) {
  household(id: $id) { members { person { id population { birthDate } } } }
}
"""

GIVE_NOTICE: Final = """
mutation GiveNotice($input: NoticeInput!) {
  giveNotice(input: $input) { noticeId state notOpen undecided exemptedPapers }
}
"""

COMMIT: Final = """
mutation Commit($input: CommitmentInput!) {
  commit(input: $input) { code state authorisations verificationDueOn dueOn }
}
"""

VERIFY: Final = """
mutation Verify($input: VerificationInput!) {
  verifyCommitment(input: $input) {
    grade state different undecided returnedSources silentSources
  }
}
"""

CONFIRM: Final = """
mutation Confirm($input: ConfirmationInput!) {
  confirmCommitment(input: $input) { state people messageIds platformMessageId isLate }
}
"""

DETERMINE: Final = """
mutation Determine($input: DeterminationInput!) {
  determinePerformance(input: $input) { state platformMessageId }
}
"""

CREDIT_RECORD: Final = """
query CreditRecord($code: String!) {
  creditRecord(code: $code) {
    code promisorName promisorKind promisorCode commitmentType matter content liability madeOn
    validUntil performance unperformed accountability determinedOn determiningUnit
    determiningUnitCode acceptingUnit acceptingUnitCode publicity remark
  }
}
"""
