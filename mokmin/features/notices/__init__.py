"""Notices (알림): what happened that concerns a person, in the app and by e-mail."""
