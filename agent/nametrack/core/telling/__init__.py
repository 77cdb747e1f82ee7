"""Telling: what people and programs are told.

In: the agent's state; it is only read here.
Out: status, findings, metrics, history and what LuCI offers, as plain values, and tables for a terminal.
Each answer is cut to what the bus carries, and says what is left out.
"""
