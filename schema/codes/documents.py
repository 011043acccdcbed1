"""Kinds of documents by which a person is known [R]."""

from datetime import date
from typing import Final

from schema.codes.model import Code, CodeList

DOCUMENT_TYPE: Final = CodeList(
    name="document_type",
    standard="kinds of personal documents, common values",
    edition="not compared with MZ/T 073 [R]",
    valid_from=date(2024, 6, 1),
    codes=(
        Code("111", "居民身份证", "resident identity card"),
        Code("112", "临时居民身份证", "temporary resident identity card"),
        Code("113", "户口簿", "household book"),
        Code("414", "普通护照", "passport"),
        Code("511", "台湾居民来往大陆通行证", "Taiwan residents' travel permit"),
        Code("516", "港澳居民来往内地通行证", "Hong Kong and Macao residents' travel permit"),
        Code("553", "外国人永久居留身份证", "foreigner's permanent residence card"),
        Code("990", "其他", "other"),
    ),
)
