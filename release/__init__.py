"""What a package needs beside its code before others take it over.

A reference page, a merge, a wheel without flaws, and a router that answers.
"""
