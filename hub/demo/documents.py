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
    household {
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
