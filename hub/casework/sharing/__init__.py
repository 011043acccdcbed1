"""Sharing agreements: asked for, approved by who shares, widened by two, ended, disposed of."""
