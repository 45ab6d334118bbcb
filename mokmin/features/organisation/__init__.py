"""Departments, accounts, groups and personnel rotations, for those who manage people."""
